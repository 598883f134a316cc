import { test } from 'tap'
import { AnswerNumbers } from '../../src/client/answer-numbers.ts'
import { OnceWatch, PATIENT_MS, SILENT_MS } from '../../src/client/once-watch.ts'

const SETTLE_MS = 500

/** Numbers of answers to requests that were each sent once, 10 ms apart. */
function answered(numbers: AnswerNumbers, sequence: readonly number[], fromMs = 0): AnswerNumbers {
  for (const [n, number] of sequence.entries()) numbers.answered(number, true, fromMs + n * 10)
  return numbers
}

test('two answers in a row under following numbers are evidence, one is not', (t) => {
  t.notOk(answered(new AnswerNumbers(), []).isEvidence(SETTLE_MS))
  t.notOk(answered(new AnswerNumbers(), [0]).isEvidence(SETTLE_MS), 'the first number is none that follows')
  t.notOk(answered(new AnswerNumbers(), [7]).isEvidence(SETTLE_MS))
  t.ok(answered(new AnswerNumbers(), [7, 8]).isEvidence(SETTLE_MS))
  t.end()
})

test('numbers that once did not follow are no evidence until the session is another', (t) => {
  const numbers = answered(new AnswerNumbers(), [7, 8, 10, 11, 12])
  t.notOk(numbers.isEvidence(SETTLE_MS))
  numbers.restart()
  t.notOk(numbers.isAnswered)
  t.ok(answered(numbers, [1, 2]).isEvidence(SETTLE_MS))
  numbers.distrust()
  t.notOk(answered(numbers, [3, 4, 5]).isEvidence(SETTLE_MS))
  t.end()
})

test('after a request without an answer, or one that was sent again, numbers count anew, and once it is settled', (t) => {
  for (const disturb of [
    (numbers: AnswerNumbers) => numbers.unanswered(100),
    (numbers: AnswerNumbers) => numbers.answered(9, false, 100),
  ]) {
    const numbers = answered(new AnswerNumbers(), [7, 8])
    disturb(numbers)
    t.notOk(numbers.isEvidence(0), 'nothing follows yet')
    t.notOk(answered(numbers, [12], 600).isEvidence(SETTLE_MS), 'one answer')
    t.ok(answered(numbers, [13], 610).isEvidence(SETTLE_MS))
    t.notOk(numbers.isEvidence(511), 'not settled')
    t.ok(numbers.isEvidence(510))
  }
  t.end()
})

test('a watch ends after 5 s of silence, and after 10 s of answers', (t) => {
  const watch = new OnceWatch(1000, 7, false)
  t.equal(watch.endsMs, 1000 + SILENT_MS)
  watch.polled(1, 3000)
  watch.pollAnswered(1, 8, 3001)
  t.equal(watch.endsMs, 3001 + SILENT_MS)
  watch.polled(2, 9000)
  watch.pollAnswered(2, 9, 9001)
  t.equal(watch.endsMs, 1000 + PATIENT_MS)
  t.notOk(watch.heardUntil(10_999), 'not to the end')
  t.ok(watch.heardUntil(11_000))
  t.ok(watch.heardUntil(11_001))
  t.notOk(watch.heardUntil(11_002), 'silent for more than 2 s')
  t.end()
})

test('polls are 200 ms apart for 3 s, then 500 ms', (t) => {
  const watch = new OnceWatch(1000, 7, false)
  t.same(
    [1000, 3999, 4000, 9000].map((nowMs) => watch.pollDelayMs(nowMs)),
    [200, 200, 500, 500],
  )
  t.end()
})

test('a poll that was sent before the last certainty makes a lost answer ambiguous for 2 s, and explains none', (t) => {
  for (const [ageMs, evidence] of [
    [2000, 'ambiguous'],
    [2001, 'answered'],
  ] as const) {
    const watch = new OnceWatch(0, 7, false)
    watch.polled(1, 500)
    watch.polled(2, 500 + ageMs)
    watch.pollAnswered(2, 8, 500 + ageMs)
    t.equal(watch.evidence(500 + ageMs), 'not-answered-yet')
    watch.polled(3, 3000)
    watch.pollAnswered(3, 10, 3001)
    t.equal(watch.evidence(3001), evidence)
  }
  t.end()
})

test('a poll that was sent since the last certainty explains a lost answer', (t) => {
  const watch = new OnceWatch(0, 7, false)
  watch.polled(1, 500)
  watch.pollAnswered(1, 8, 501)
  t.equal(watch.evidence(501), 'not-answered-yet')
  watch.polled(2, 700)
  watch.polled(3, 900)
  watch.pollAnswered(3, 10, 901)
  t.equal(watch.evidence(901), 'not-answered-yet')
  t.end()
})

test('numbers that arrive out of order, or wrap, are counted as what they are', (t) => {
  const late = new OnceWatch(0, 7, false)
  for (const poll of [1, 2]) late.polled(poll, 100)
  late.pollAnswered(2, 10, 101)
  t.equal(late.evidence(101), 'answered', 'the command and the first poll')
  late.pollAnswered(1, 9, 102)
  t.equal(late.evidence(102), 'answered', 'the command alone')
  const wraps = new OnceWatch(0, 0xffffffff, false)
  wraps.polled(1, 100)
  wraps.pollAnswered(1, 1, 101)
  t.equal(wraps.evidence(101), 'ambiguous')
  t.end()
})

test('an answer to an earlier request is not counted as lost', (t) => {
  const watch = new OnceWatch(0, 7, false)
  watch.strangerAnswered(8)
  watch.polled(1, 100)
  watch.pollAnswered(1, 9, 101)
  t.equal(watch.evidence(101), 'not-answered-yet')
  t.end()
})
