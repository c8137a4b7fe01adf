'use strict';
// Sorts the table by the column whose heading is pressed: the first time with
// the largest number first, the next time the other way round. What has no
// value stays last.
(() => {
  const table = document.querySelector('table.sortable');
  const body = table.tBodies[0];

  function value(row, column) {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent.trim();
    const number = Number(text);
    return text === '' ? null : Number.isNaN(number) ? text : number;
  }

  function compare(a, b) {
    const numbers = typeof a === 'number' && typeof b === 'number';
    return numbers ? a - b : String(a).localeCompare(String(b));
  }

  function sort(heading, column) {
    const ascending = heading.getAttribute('aria-sort') === 'descending';
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute('aria-sort');
    }
    heading.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
    const rows = Array.from(body.rows, row => [value(row, column), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return ascending ? compare(a, b) : compare(b, a);
    });
    for (const [, row] of rows) body.append(row);
  }

  for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...heading.childNodes);
    button.addEventListener('click', () => sort(heading, column));
    heading.append(button);
  }
})();
