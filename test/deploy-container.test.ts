import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freeTcpPort, runProgram, type TestScope } from '@powerbus/testkit'
import { test } from 'tap'
import { deployFolder } from './deployed-servers.ts'

interface Instruction {
  readonly name: string
  readonly rest: string
}

const root = join(import.meta.dirname, '..')
const file = join(deployFolder, 'container/Containerfile')
const known = 'ARG FROM RUN COPY ENV USER WORKDIR EXPOSE STOPSIGNAL HEALTHCHECK CMD'.split(' ')
const instructions: readonly Instruction[] = readFileSync(file, 'utf8')
  .replace(/^\s*#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    return { name, rest: rest.replace(/\s+/g, ' ') }
  })

function all(name: string): string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ rest }) => rest)
}

/** Places of the image as places of the repository after a build. */
function placeOf(path: string): string {
  const copies = all('COPY').map((rest) => rest.split(' '))
  const copy = copies.find(([, target = '']) => path === target || path.startsWith(`${target}/`))
  return copy ? join(root, path.replace(copy[1] ?? '', copy[0] ?? '')) : ''
}

test('every line is an instruction that is meant, in an order that builds', async (t) => {
  for (const { name, rest } of instructions) t.ok(known.includes(name) && rest !== '', `${name} ${rest}`)
  t.equal(all('FROM').length, 1)
  t.ok(instructions.findIndex(({ name }) => name === 'FROM') < instructions.findIndex(({ name }) => name === 'COPY'))
})

test('the base is pinned to a whole version that package.json allows, and can be given by digest', async (t) => {
  const [base = ''] = all('ARG')
  t.match(base, /^NODE_IMAGE=docker\.io\/library\/node:(2[0-9])\.\d+\.\d+-bookworm-slim$/)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as the container file writes it
  t.same(all('FROM'), ['${NODE_IMAGE}'])
})

test('what is copied is in the repository or comes from the build, and gets past the ignore file', async (t) => {
  const ignore = readFileSync(`${file}.dockerignore`, 'utf8').trim().split('\n')
  t.equal(ignore[0], '*', 'nothing is sent but what is named')
  for (const copy of all('COPY')) {
    const [source = '', target = '', ...more] = copy.split(' ')
    t.same(more, [], copy)
    t.ok(existsSync(join(root, source)), source)
    t.ok(target.startsWith('/opt/powerbus/'), target)
    t.ok(ignore.includes(`!${source}`), source)
  }
  t.equal(ignore.length, all('COPY').length + 1)
})

test('it runs as nobody in particular, with a health check and nothing secret', async (t) => {
  t.match(all('USER').at(-1), /^[1-9]\d*:[1-9]\d*$/)
  const after = instructions.slice(instructions.findLastIndex(({ name }) => name === 'USER'))
  t.notOk(after.some(({ name }) => name === 'RUN'))
  t.match(all('HEALTHCHECK'), [/--timeout=\d+s .* CMD \["node", "\/opt\/powerbus\/health-check\.mjs"\]$/])
  for (const variable of [...all('ENV'), ...all('ARG')]) t.notMatch(variable, /PASSWORD|TOKEN|SECRET/)
  for (const command of all('RUN')) t.notMatch(command, /curl|wget|apt|npm (i|ci)/, 'nothing is fetched')
})

test('the programs that it starts are in it', async (t) => {
  const [command = ''] = all('CMD')
  const [program = '', ...args] = JSON.parse(command)
  t.ok(existsSync(placeOf(program)), program)
  const help = await runProgram(placeOf(program), ['up', '--help'])
  for (const option of args.filter((arg: string) => arg.startsWith('--'))) t.match(help.stdout, option)
  t.ok(existsSync(placeOf('/opt/powerbus/health-check.mjs')))
})

async function serve(scope: TestScope, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`
}

async function checkHealth(url: string): Promise<number | null> {
  const env = { POWERBUS_HEALTH_URL: url }
  return (await runProgram(process.execPath, [join(deployFolder, 'container/health-check.mjs')], { env })).code
}

test('the health check passes what answers, and neither failure, silence nor a closed port', async (t) => {
  for (const [status, code] of [
    [200, 0],
    [401, 0],
    [500, 1],
    [503, 1],
  ]) {
    const url = await serve(t, (_request, response) => void response.writeHead(status ?? 0).end())
    t.equal(await checkHealth(url), code, `${status}`)
  }
  t.equal(await checkHealth(await serve(t, () => undefined)), 1, 'silence')
  t.equal(await checkHealth(`http://127.0.0.1:${await freeTcpPort()}/`), 1, 'a closed port')
  t.not(await checkHealth(''), 0, 'no address')
})
