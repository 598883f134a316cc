import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { LineGatherer } from '../../src/host/line-gatherer.ts'

test('a line after a pause is passed on at once, those that follow it together', async (t) => {
  const passed: string[] = []
  const gatherer = new LineGatherer((lines) => passed.push(lines))
  for (const line of ['a\n', 'b\n', 'c\n']) gatherer.write(line)
  t.strictSame(passed, ['a\n'])
  await waitUntil('the time to be over', () => passed.length === 2)
  t.equal(passed[1], 'b\nc\n')
})

test('a flush passes on what waits, and nothing where nothing waits', async (t) => {
  const passed: string[] = []
  const gatherer = new LineGatherer((lines) => passed.push(lines))
  for (const line of ['a\n', 'b\n']) gatherer.write(line)
  gatherer.flush()
  gatherer.flush()
  t.strictSame(passed, ['a\n', 'b\n'])
})

test('many lines do not gather beyond 64 Ki characters', async (t) => {
  const passed: string[] = []
  const gatherer = new LineGatherer((lines) => passed.push(lines))
  const line = 'l'.repeat(20 * 1024)
  for (let written = 0; written < 6; written += 1) gatherer.write(line)
  t.strictSame(
    passed.map(({ length }) => length / line.length),
    [1, 4],
  )
})
