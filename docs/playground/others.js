// Other operators on the same points, each with its mark. Values are the keys.
(function (page) {
  "use strict";
  page.others = { of: () => [] };
})((globalThis.gdaPage ??= {}));
