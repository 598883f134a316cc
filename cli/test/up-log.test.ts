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
  const err = { type: 'TypeError', message: 'no flux: no plutonium', stack: 'TypeError: no flux\n    at x' }
  const failed = readableLine(JSON.stringify({ level: 50, time: 0, msg: 'a request failed', requestId: 'r1', err }))
  t.match(failed, / error a request failed \(requestId: r1, err: TypeError: no flux: no plutonium\)$/)
  t.end()
})
