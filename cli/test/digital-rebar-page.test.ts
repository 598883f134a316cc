import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtExecutable, runProgram, startLabRack } from '@powerbus/testkit'
import { test } from 'tap'
import { type CommandLine, startCommandLine } from './command-line.ts'
import { drpcli } from './drpcli.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/digital-rebar.md'), 'utf8')
/** The commands of the page, in their order. */
const commands = [...page.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line)

test('every command of the page for administrators of Digital Rebar works', async (t) => {
  const rack = await startLabRack(t, { cycleOffMs: 1 })
  const line = await startCommandLine(t)
  const { folder } = line
  const { params } = rack.machine
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 })
  file('powerbus.yaml', (await line.run('content')).stdout)
  file('password.json', JSON.stringify(rack.password))
  file('password', 'not-a-word-of-a-page\n')
  file('slack.json', JSON.stringify({ Name: 'slack', Provider: 'slack', Params: {} }))
  file('site.yaml', 'meta: { Name: site }\nsections: { profiles: { site: { Name: site } } }\n')
  /** Where a file of the page is here. */
  const place = (path: string) => {
    const [, plugin] = /^dist\/(plugins\/.*)$/.exec(path) ?? []
    return plugin ? builtExecutable(plugin) : join(folder, path.replace(/^.*\//, ''))
  }

  const ran: string[] = []
  for (const command of commands) {
    const [program = '', ...words] = wordsOf(command)
    const answer =
      program === 'drpcli' ? await drpcli(line, words, place) : await ours(line, command, program, words, place)
    ran.push(program)
    t.pass(command)
    if (command.includes("grep 'Chassis Power is'")) t.match(answer, /^Chassis Power is o(?:n|ff)\n$/)
    // The machine of the page has the BMC of the lab.
    if (command.includes('machines create')) {
      for (const name of ['ipmi/address', 'ipmi/port-ipmitool', 'power/min-gap'])
        await drpcli(
          line,
          ['machines', 'set', 'Name:node-01', 'param', name, 'to', JSON.stringify(params[name])],
          place,
        )
    }
  }
  const [, absent = ''] = /\n(`jobs`[\s\S]*?) answer 501/.exec(page) ?? []
  const parts = [...absent.matchAll(/`([a-z_]+)`/g)].map(([, part = '']) => part)
  t.ok(parts.length > 10)
  for (const part of parts) await t.rejects(line.ask('GET', part), { message: / 501 .*NOT_IMPLEMENTED/ }, part)
  t.ok(ran.filter((program) => program === 'drpcli').length > 20)
})

/** What a shell makes of a line, before a redirection or a pipe. */
function wordsOf(command: string): string[] {
  const first = command.replace(/ \| .*/, '').replace(/ > .*/, '')
  return [...first.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

/** A command of Powerbus, or a line of a shell with one in it. */
async function ours(
  line: CommandLine,
  command: string,
  program: string,
  words: readonly string[],
  place: (path: string) => string,
): Promise<string> {
  if (program === 'export') {
    const [, inner] = /\$\((powerbus .*)\)/.exec(command) ?? []
    return inner ? ours(line, inner, 'powerbus', wordsOf(inner).slice(1), place) : ''
  }
  if (program !== 'powerbus') {
    const { code, stdout } = await runProgram(place(program), words)
    if (code !== 0) throw new Error(`${command}: ${code}`)
    return stdout
  }
  const isUsersAdd = words[0] === 'users' && words[1] === 'add'
  const args = words.map((word) => (/^(?:dist\/.*|site\.yaml)$/.test(word) ? place(word) : word))
  const { stdout, error } = await line.run(...args, ...(isUsersAdd ? ['--password-file', place('password')] : []))
  if (error) throw new Error(`${command}: ${error.message}`, { cause: error })
  return stdout
}
