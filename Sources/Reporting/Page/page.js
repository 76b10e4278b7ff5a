"use strict";
// Sorts a table by the column whose heading was pressed; the second press turns the order around.
document.querySelectorAll("th button").forEach(function (button) {
  button.addEventListener("click", function () {
    var head = button.closest("th");
    var table = button.closest("table");
    var column = head.cellIndex;
    var isNumber = head.classList.contains("n");
    var was = head.getAttribute("aria-sort");
    var isDescending = was ? was === "ascending" : isNumber;
    table.querySelectorAll("th[aria-sort]").forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
    var body = table.tBodies[0];
    var rows = Array.from(body.rows).map(function (row, place) {
      var cell = row.cells[column];
      return { row: row, place: place, value: isNumber ? Number(cell.dataset.v) : cell.textContent };
    });
    rows.sort(function (left, right) {
      var order = isNumber ? left.value - right.value : left.value.localeCompare(right.value);
      return (isDescending ? -order : order) || left.place - right.place;
    });
    rows.forEach(function (entry) { body.appendChild(entry.row); });
  });
});
