// Reads what `tap --reporter=tap` prints: one short line per passing file, all but what passed of a failing one, and the totals.

/**
 * @typedef {{ passed: number, failed: number, skipped: number, todo: number }} Totals
 * @param {(line: string) => void} print
 * @returns {{ write(text: string): void, end(): Totals | undefined }} `end` gives undefined when tap printed no totals.
 */
export function tapOutput(print) {
  let rest = ''
  /** @type {string[]} */
  let file = []
  let failing = false
  /** @type {Totals | undefined} */
  let totals

  /** @param {string} line */
  function take(line) {
    const found = /^# (\{ total: \d+.*\})$/.exec(line)
    if (found?.[1]) totals = readTotals(found[1])
    const result = /^(not )?ok \d+ (- )?(.*)$/.exec(line)
    if (line.startsWith('# Subtest: ') || result) failing = false
    if (result?.[1]) {
      for (const kept of file) if (!isPassed(kept)) print(kept)
      print(line)
      failing = true
      file = []
    } else if (result) {
      print(`ok ${result[3]}`)
      for (const kept of file) if (/# (SKIP|TODO)\b/i.test(kept)) print(kept)
      file = []
    } else if (failing) {
      print(line)
    } else {
      file.push(line)
    }
  }

  return {
    write(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line)
    },
    end() {
      if (rest !== '') take(rest)
      // Without totals tap died, and what it said last is the reason.
      if (!totals) for (const kept of file) print(kept)
      return totals
    },
  }
}

/** A passed assertion or test within a file. @param {string} line */
function isPassed(line) {
  return /^ +ok \d+ /.test(line) && !/# (SKIP|TODO)\b/i.test(line)
}

/** @param {string} text such as `{ total: 5, pass: 1, fail: 1, todo: 1, skip: 2 }`; what is 0 is left out. */
function readTotals(text) {
  /** @param {string} name */
  const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(text)?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip'), todo: count('todo') }
}
