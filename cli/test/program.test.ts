import { PassThrough } from 'node:stream'
import { Help } from 'commander'
import { test } from 'tap'
import { Output } from '../src/output.ts'
import { buildProgram } from '../src/program.ts'

test('the list of all commands shows the options and arguments that each command takes', async (t) => {
  const output = new Output(new PassThrough())
  const { commands } = await buildProgram([], output)
  for (const name of commands.map((command) => command.name())) {
    const program = await buildProgram([name], output)
    const command = program.commands.find((found) => found.name() === name)
    if (command === undefined) throw new Error(`${name} is no command`)
    t.equal(program.createHelp().subcommandTerm(command), new Help().subcommandTerm(command))
  }
})
