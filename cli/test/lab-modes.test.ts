import { request } from 'node:https'
import { Writable } from 'node:stream'
import { freeTcpPort } from '@powerbus/testkit'
import { Command } from 'commander'
import { type Test, test } from 'tap'
import { labCommand } from '../src/commands/lab.ts'
import { Output } from '../src/output.ts'

/**
 * Runs `powerbus lab` with two BMCs in this process until the test has looked at what it printed. Returns its port.
 * Another program may take one of the four places between the choice and the start: then other ones are tried.
 */
async function lab(
  t: Test,
  words: readonly string[],
  look: (printed: string, port: number) => Promise<void>,
): Promise<number> {
  const port = await freeTcpPort()
  try {
    await labAt(t, port, words, look)
    return port
  } catch (error) {
    if (!(error instanceof Error && /is in use/.test(error.message))) throw error
    return lab(t, words, look)
  }
}

async function labAt(
  t: Test,
  port: number,
  words: readonly string[],
  look: (printed: string, port: number) => Promise<void>,
): Promise<void> {
  let printed = ''
  let isLooking = false
  const stream = new Writable({
    write(chunk, _, done) {
      printed += String(chunk)
      done()
      if (isLooking || printed.split('\n').length < 3) return
      isLooking = true
      const end = () => void stream.destroy(new Error('the reader is gone'))
      look(printed, port).catch(t.threw).finally(end)
    },
  })
  const command = new Command()
  labCommand(command, new Output(stream))
  await command.parseAsync([...words, '--count', '2', '--port', String(port)], { from: 'user' })
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

test('lab --mode mixed prints both places of each BMC, and a command to try for each', async (t) => {
  const port = await lab(t, ['--mode', 'mixed'], async (printed, port) => {
    t.match(printed, /ADDRESS +IPMI +REDFISH/)
    t.match(printed, new RegExp(`127\\.0\\.0\\.1 +${port} +https://127\\.0\\.0\\.1:${port}`))
    t.match(printed, /try: IPMI_PASSWORD=\.\.\. ipmitool .*\n.*try: curl /)
    t.equal(await statusOf(`https://127.0.0.1:${port + 1}/redfish/v1/`), 200)
  })
  await t.rejects(statusOf(`https://127.0.0.1:${port}/redfish/v1/`), { code: 'ECONNREFUSED' })
})

test('lab --mode redfish --json prints the address of each service', async (t) => {
  await lab(t, ['--mode', 'redfish', '--json'], async (printed, port) => {
    const lines = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    t.match(lines, [
      { address: '127.0.0.1', port, username: 'admin', redfish: `https://127.0.0.1:${port}` },
      { port: port + 1 },
    ])
    for (const { redfish } of lines) t.equal(await statusOf(`${redfish}/redfish/v1/`), 200)
  })
})
