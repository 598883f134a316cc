import { basename } from 'node:path'
import { test } from 'tap'
import { codeFiles, readText, repositoryFiles, sourceFiles } from './repository.ts'

test('no source file is longer than 300 lines', async (t) => {
  for (const file of sourceFiles) t.ok(readText(file).split('\n').length <= 301, file)
})

test('files are named in kebab case after what they hold, and none is a bucket', async (t) => {
  for (const file of codeFiles) {
    const name = basename(file)
    t.match(name, /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.faults|\.shared-data|\.d)?\.(ts|mjs)$/, file)
    t.notMatch(name, /^(utils?|helpers?|common|types|misc)\./, file)
  }
})

test('nothing is exported as default', async (t) => {
  for (const file of codeFiles) t.notMatch(readText(file), /^export default\b|^export .*\bas default\b/m, file)
})

test('no file promises to be finished later, and no test is skipped', async (t) => {
  // Built so that this file does not hold the words itself.
  const later = new RegExp(`\\b(${['TO', 'FIX'].map((word) => `${word}${word === 'TO' ? 'DO' : 'ME'}`).join('|')})\\b`)
  const skipped = /\bt(?:est)?\.(?:skip|todo)\(|\{\s*(?:skip|todo):/
  for (const file of codeFiles) {
    t.notMatch(readText(file), later, file)
    if (/\.(test|faults)\.ts$/.test(file) && !file.startsWith('test/')) t.notMatch(readText(file), skipped, file)
  }
})

test('no pattern of a test is an empty array, which tap takes for any array', async (t) => {
  const taken = /\bt\.match\(.*(?:, \[\]|: \[\][^()\n]*)\)$/m
  for (const file of codeFiles.filter((path) => path.includes('/test/'))) t.notMatch(readText(file), taken, file)
})

test('every test file is one that the runner finds', async (t) => {
  const found = /^(test|shared\/[^/]+\/test|services\/[^/]+\/test|cli\/test)\/.*\.(test|faults)\.ts$/
  for (const file of repositoryFiles.filter((path) => /\.(test|faults)\.ts$/.test(path))) t.match(file, found, file)
})
