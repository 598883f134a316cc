import { test } from 'tap'
import { formatTable } from '../src/table.ts'

test('columns are aligned and no line ends in blanks', (t) => {
  t.same(
    formatTable(
      ['NAME', 'POWER', 'ERROR'],
      [
        ['node-01', 'on', ''],
        ['n2', '', 'no answer'],
      ],
    ),
    ['NAME     POWER  ERROR', 'node-01  on', 'n2              no answer'],
  )
  t.end()
})

test('control characters in a cell never reach the terminal', (t) => {
  const text = formatTable(['NAME'], [['a\u001b[2Jb\nc\u202e\u009b']]).join('\n')
  t.equal(text, 'NAME\na·[2Jb·c··')
  t.end()
})

test('a long cell is cut unless it is the last', (t) => {
  const [, row] = formatTable(['A', 'B'], [['x'.repeat(500), 'y'.repeat(500)]])
  t.match(row, /^x{59}… {2}y{500}$/)
  t.end()
})
