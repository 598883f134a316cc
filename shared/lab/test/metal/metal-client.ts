import { Ajv } from 'ajv'
import type { MetalApi } from '../../src/index.ts'
import * as shapes from './answer-shapes.ts'

export interface MetalReply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads out of an answer is what it asserts
  readonly body: any
}

const ajv = new Ajv({ allErrors: true, strict: false })
const answers: readonly [RegExp, object][] = [
  [/^GET \/projects(\?|$)/, shapes.projectList],
  [/^GET \/projects\/[^/]+\/devices/, shapes.deviceList],
  [/^POST \/projects\/[^/]+\/devices/, shapes.device],
  [/^(GET|PUT) \/devices\/[^/]+$/, shapes.device],
  [/^GET \/devices\/[^/]+\/events/, shapes.eventList],
]
const checks = answers.map(([pattern, shape]) => [pattern, ajv.compile(shape)] as const)
const isFailure = ajv.compile(shapes.failure)

/** Calls an emulated cloud. Throws if the answer violates the API's description. */
export async function call(
  api: MetalApi,
  method: string,
  path: string,
  body?: unknown,
  token = api.cloud.apiKey,
): Promise<MetalReply> {
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers: { 'x-auth-token': token, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await answer.text()
  const decoded = text === '' ? undefined : JSON.parse(text)
  const asked = `${method} ${path}`
  const check = answer.ok ? checks.find(([pattern]) => pattern.test(asked))?.[1] : isFailure
  if (check && !check(decoded))
    throw new Error(`${asked} answered what the API does not: ${ajv.errorsText(check.errors)}`)
  if (!check && decoded !== undefined) throw new Error(`${asked} answered with a body`)
  return { status: answer.status, body: decoded }
}

export const order = {
  hostname: 'node-1',
  plan: 'baremetal_0',
  facility: ['ewr1'],
  operating_system: 'custom_ipxe',
  billing_cycle: 'hourly',
  always_pxe: true,
  ipxe_script_url: 'http://127.0.0.1/default.ipxe',
  tags: ['machine-1'],
}
