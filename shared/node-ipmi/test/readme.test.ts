import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { commands } from './commands/commands.ts'

test('the table in the README lists exactly the commands that exist', async (t) => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const table = text.slice(text.indexOf('| command | section |'))
  const named = [...table.matchAll(/^\| ([A-Z][A-Za-z ]+) \| §[\d.]+(?: of DCMI v1\.5)? \|/gm)].map(([, name]) => name)
  const outside = ['RMCP presence ping']
  t.same(
    named.filter((name) => name !== undefined && !outside.includes(name)).sort(),
    commands.map(({ name }) => name).sort(),
  )
})
