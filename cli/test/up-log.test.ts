import { test } from 'tap'
import { readableLine } from '../src/up/up-log.ts'

test('a log line is readable, and its control characters are replaced', (t) => {
  const line = {
    level: 40,
    time: Date.now(),
    pid: 1,
    hostname: 'h',
    plugin: 'ipmi',
    msg: 'no \u001b[2J answer',
    host: 'a',
  }
  t.match(readableLine(JSON.stringify(line)), /^\d\d:\d\d:\d\d warn ipmi: no ·\[2J answer \(host: a\)$/)
  t.end()
})
