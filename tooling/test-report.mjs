// What a run of the tests prints: a line per file, then each failure in full, then the slowest files.
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { root } from './step.mjs'

const SLOWEST_SHOWN = 10

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/** @param {import('./test-run.mjs').Outcome} outcome */
export function fileLine({ file, passed, failures, comments, elapsedMs }) {
  const counts = failures.length === 0 ? `${passed} passed` : `${passed} passed, ${failures.length} failed`
  const line = `${failures.length === 0 ? 'ok' : 'FAILED'} ${file} (${counts}, ${seconds(elapsedMs)})`
  return [line, ...comments.map((comment) => `  # ${comment}`)].join('\n')
}

/**
 * A function that puts file and line of the source for those of a bundle: `BUNDLE/x.js:3:1` becomes `shared/x.ts:7:2`.
 * @param {string} bundle folder of the bundles
 */
export function sourcePlaces(bundle) {
  /** @type {Map<string, SourceMap>} */
  const maps = new Map()
  const place = new RegExp(`(?:file://)?(?:${root}/)?(${relative(root, bundle)}/[^\\s:()]+\\.js):(\\d+):(\\d+)`, 'g')
  return (/** @type {string} */ text) =>
    text.replace(place, (whole, path, line, column) => {
      const file = join(root, path)
      const map = maps.get(file) ?? new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
      maps.set(file, map)
      const found = map.findEntry(Number(line) - 1, Number(column) - 1)
      if (!('originalSource' in found)) return whole
      const source = relative(root, join(dirname(file), found.originalSource))
      return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`
    })
}

/**
 * @param {import('./test-run.mjs').Failure} failure
 * @param {(text: string) => string} toSource
 */
function failureLines({ name, diag }, toSource) {
  const { at, stack, diff, source: _source, ...others } = diag
  const frames = String(stack ?? '')
    .split('\n')
    .filter((line) => !line.includes('/node_modules/tap/'))
  const { fileName, lineNumber, columnNumber } = /** @type {Record<string, unknown>} */ (at ?? {})
  const lines = [`  ${name}`]
  if (fileName) lines.push(`    at ${fileName}:${lineNumber}:${columnNumber}`)
  const texts = [diff, ...Object.entries(others).map(([key, value]) => `${key}: ${shown(value)}`), frames.join('\n')]
  for (const text of texts) {
    if (text)
      lines.push(
        ...String(text)
          .trimEnd()
          .split('\n')
          .map((line) => `    ${line}`),
      )
  }
  return toSource(lines.join('\n'))
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)
}

/**
 * @param {readonly import('./test-run.mjs').Outcome[]} outcomes
 * @param {(text: string) => string} toSource
 */
export function report(outcomes, toSource) {
  const lines = []
  for (const { file, failures, stderr } of outcomes) {
    if (failures.length === 0) continue
    lines.push('', `FAILED ${file}`, ...failures.map((failure) => failureLines(failure, toSource)))
    if (stderr)
      lines.push(
        '  the end of its stderr:',
        ...toSource(stderr)
          .trimEnd()
          .split('\n')
          .map((line) => `    ${line}`),
      )
  }
  if (outcomes.length > 1) {
    const cpuMs = outcomes.reduce((sum, outcome) => sum + outcome.cpuMs, 0)
    lines.push('', `${outcomes.length} files took ${seconds(cpuMs)} of CPU; the slowest (elapsed, CPU):`)
    for (const { file, elapsedMs, cpuMs } of outcomes
      .toSorted((a, b) => b.elapsedMs - a.elapsedMs)
      .slice(0, SLOWEST_SHOWN)) {
      lines.push(`  ${seconds(elapsedMs).padStart(8)} ${seconds(cpuMs).padStart(8)}  ${file}`)
    }
  }
  return lines.join('\n')
}
