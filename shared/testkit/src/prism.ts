import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { freeTcpPort } from './free-port.ts'
import { startProcess } from './start-process.ts'
import type { TestScope } from './test-scope.ts'

const program = join(resolve(import.meta.dirname, '../../..'), 'node_modules/@stoplight/prism-cli/dist/index.js')

export interface PrismOptions {
  /** Path of the OpenAPI description, JSON or YAML. */
  readonly description: string
  /** Base address of the API behind it, to which the paths of the description are appended. */
  readonly upstream: string
}

/** A proxy that checks each request and each answer against an OpenAPI description, and passes both on. */
export interface Prism {
  /** Base address, for the paths of the description. */
  readonly url: string
  /** `METHOD PATH STATUS: VIOLATIONS` of each exchange so far that the description does not allow or does not have. */
  readonly problems: readonly string[]
  /** Number of exchanges so far. */
  readonly exchanges: number
}

/** Starts Prism, with a relay before it that reads what it says of each exchange. The scope's end stops both. */
export async function startPrism(scope: TestScope, { description, upstream }: PrismOptions): Promise<Prism> {
  const port = await freeTcpPort()
  const args = [program, 'proxy', description, upstream, '--host', '127.0.0.1', '--port', `${port}`]
  const prism = await startProcess(scope, process.execPath, args, { env: { NODE_OPTIONS: undefined } })
  await prism.waitForOutput(/Prism is listening/, { timeoutMs: 60_000 })
  const problems: string[] = []
  let exchanges = 0
  const relay = createServer((asked, answer) => {
    const { method = '', url = '' } = asked
    passOn(asked, answer, port, (status, violations) => {
      exchanges++
      if (violations !== undefined) problems.push(`${method} ${url} ${status}: ${violations}`)
    })
  })
  relay.listen({ port: 0, host: '127.0.0.1' })
  await once(relay, 'listening')
  scope.teardown(() => {
    relay.closeAllConnections()
    relay.close()
  })
  const { port: own } = relay.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${own}`,
    problems,
    get exchanges() {
      return exchanges
    },
  }
}

/** Passes an exchange on to Prism. `report` gets the violations that Prism names, or its own refusal. */
function passOn(
  asked: IncomingMessage,
  answer: ServerResponse,
  port: number,
  report: (status: number, violations: string | undefined) => void,
): void {
  const { method, url, headers } = asked
  const sent = request({ host: '127.0.0.1', port, method, path: url, headers }, (given) => {
    const { statusCode = 0, headers } = given
    const isPrisms = headers['content-type']?.startsWith('application/problem+json')
    report(statusCode, headers['sl-violations']?.toString() ?? (isPrisms ? 'refused by Prism' : undefined))
    answer.writeHead(statusCode, headers)
    given.pipe(answer)
  })
  sent.on('error', () => answer.destroy())
  asked.pipe(sent)
}
