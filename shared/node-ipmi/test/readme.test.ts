import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { workarounds } from '../src/client/workarounds.ts'
import { commands } from './commands/commands.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the table in the README lists exactly the commands that exist', async (t) => {
  const table = readme.slice(readme.indexOf('| command | section |'))
  const named = [...table.matchAll(/^\| ([A-Z][A-Za-z ]+) \| §[\d.]+(?: of DCMI v1\.5)? \|/gm)].map(([, name]) => name)
  const outside = ['RMCP presence ping']
  t.same(
    named.filter((name) => name !== undefined && !outside.includes(name)).sort(),
    commands.map(({ name }) => name).sort(),
  )
})

test('the README has every workaround', async (t) => {
  for (const name of workarounds) t.ok(readme.includes(`\`${name}\``), name)
})
