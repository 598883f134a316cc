#!/usr/bin/env node
// npm run lines: lines of the product's code as the formatter leaves them, without blank lines and comments, by room.
// Tests, the test kit and conformance suites are not counted: they are not shipped.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './step.mjs'

const counted = /^(?:((?:shared|services)\/[^/]+|cli)\/src|(tooling))\/.*\.(?:ts|mjs|cjs|js)$/
const notShipped = /^shared\/testkit\/|conformance/

/** Lines with code on them; a comment begins a line of its own, as the formatter and our style have it. @param {string} text */
export function codeLines(text) {
  let inComment = false
  return text.split('\n').filter((raw) => {
    const line = raw.trim()
    const starts = !inComment && line.startsWith('/*')
    if (starts) inComment = true
    const isComment = inComment || line === '' || line.startsWith('//')
    if (inComment && line.includes('*/')) {
      inComment = false
      if (starts && !line.endsWith('*/')) return true
    }
    return !isComment
  }).length
}

/** Lines by room, of the files that git knows below `folder`. @param {string} folder */
export function linesByRoom(folder) {
  /** @type {Map<string, number>} */
  const lines = new Map()
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: folder, encoding: 'utf8' }).split('\0')
  for (const file of files) {
    const found = counted.exec(file)
    if (!found || notShipped.test(file)) continue
    const room = found[1] ?? found[2] ?? ''
    lines.set(room, (lines.get(room) ?? 0) + codeLines(readFileSync(join(folder, file), 'utf8')))
  }
  return lines
}

if (process.argv[1] === join(root, 'tooling/lines.mjs')) {
  const lines = linesByRoom(process.argv[2] ?? root)
  let total = 0
  for (const [room, count] of [...lines].sort()) {
    console.log(`${String(count).padStart(7)}  ${room}`)
    total += count
  }
  console.log(`${String(total).padStart(7)}  in all`)
}
