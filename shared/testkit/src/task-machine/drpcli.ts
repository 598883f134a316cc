import { existsSync } from 'node:fs'
import { join } from 'node:path'
import nacl from 'tweetnacl'
import type { AskApi } from './endpoint-requests.ts'
import type { ProgramAnswer, ProgramCall, StandIn } from './program-calls.ts'

/** The endpoint's refusal, in drpcli's words. */
class Refusal extends Error {}

/**
 * Stands in for drpcli: the verbs that task scripts use, by the endpoint's API with the token of the job. Values are JSON
 * on stdin, or an argument that is no file's name: drpcli reads files, and takes other texts for YAML.
 */
export function drpcli(ask: AskApi): StandIn {
  return async (call) => {
    try {
      const value = await verb(call, asker(ask, call))
      return value === undefined ? '' : `${JSON.stringify(value, null, 2)}\n`
    } catch (error) {
      if (error instanceof Refusal) return { code: 1, stderr: `Error: ${error.message}\n` } satisfies ProgramAnswer
      throw error
    }
  }
}

/** Requests whose refusals are thrown. */
type Api = (method: string, path: string, body?: unknown) => Promise<unknown>

function asker(ask: AskApi, { token }: ProgramCall): Api {
  return async (method, path, body) => {
    const { status, text } = await ask(method, path, body, token)
    const answer: unknown = text === '' ? undefined : JSON.parse(text)
    if (status < 400) return answer
    const { Messages = [] } = Object(answer) as { readonly Messages?: readonly string[] }
    throw new Refusal(`${method}: ${path}: ${Messages.join('; ') || status}`)
  }
}

async function verb(call: ProgramCall, api: Api): Promise<unknown> {
  const words = call.args.filter((word) => !word.startsWith('--'))
  const flags = new Set(call.args.filter((word) => word.startsWith('--')))
  const [kind = '', name = '', ...rest] = words
  const key = encodeURIComponent(rest[0] ?? '')
  switch (`${kind} ${name}`) {
    case 'machines show':
    case 'reservations show':
      return api('GET', `${kind}/${key}`)
    case 'tasks exists':
      await api('HEAD', `tasks/${key}`)
      return undefined
    case 'machines get':
      return api('GET', `machines/${key}/params/${param(rest[2])}?${query(flags)}`)
    case 'machines set':
      return setParam(api, key, param(rest[2]), jsonOf(call, rest[4]))
    case 'machines remove':
      return api('DELETE', `machines/${key}/params/${param(rest[2])}`)
    case 'machines addprofile':
      return changed(api, key, 'Profiles', (before) => [...new Set([...before, rest[1] ?? ''])])
    case 'machines inserttask':
      return insertTask(api, key, [rest[1] ?? ''], Number(rest[2] ?? 0))
    case 'machines tasks': {
      const [, uuid = '', at, offset, ...tasks] = rest
      if (at !== 'at') throw new Refusal('the stand-in knows "machines tasks add UUID at OFFSET TASK"')
      return insertTask(api, encodeURIComponent(uuid), tasks, Number(offset))
    }
    case 'machines runaction':
      return api('POST', `machines/${key}/actions/${rest[1] ?? ''}`, actionParams(call, rest.slice(2)))
    case 'reservations create':
      return api('POST', 'reservations', jsonOf(call, rest[0]))
    default:
      throw new Refusal(`the stand-in for drpcli does not know: ${kind} ${name}`)
  }
}

/** Names of params have slashes, which are part of the name in a path too. */
function param(name = ''): string {
  return name.split('/').map(encodeURIComponent).join('/')
}

function query(flags: ReadonlySet<string>): string {
  return ['aggregate', 'decode'].map((name) => `${name}=${flags.has(`--${name}`)}`).join('&')
}

function jsonOf(call: ProgramCall, word = ''): unknown {
  if (word !== '-' && existsSync(join(call.folder, word)))
    throw new Refusal(`${word} is a file, whose text drpcli would send`)
  try {
    return JSON.parse(word === '-' ? call.input : word)
  } catch {
    throw new Refusal('the value is no JSON, and drpcli would take it for YAML')
  }
}

/** A map on stdin, or names and values in turn. */
function actionParams(call: ProgramCall, words: readonly string[]): unknown {
  if (words[0] === '-') return jsonOf(call, '-')
  const pairs = words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1]] as const] : []))
  return Object.fromEntries(pairs.map(([name, value = '']) => [name, asJson(value)]))
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A value for a Secure param is sealed for the machine's public key before it is sent. */
async function setParam(api: Api, key: string, name: string, value: unknown): Promise<unknown> {
  const definition = await api('GET', `params/${name}`)
  const { Secure = false } = Object(definition) as { readonly Secure?: boolean }
  const sent = Secure ? sealed(String(await api('GET', `machines/${key}/pubkey`)), value) : value
  return api('POST', `machines/${key}/params/${name}`, sent)
}

function sealed(publicKey: string, value: unknown) {
  const pair = nacl.box.keyPair()
  const nonce = nacl.randomBytes(nacl.box.nonceLength)
  const text = new TextEncoder().encode(JSON.stringify(value))
  const box = nacl.box(text, nonce, Buffer.from(publicKey, 'base64'), pair.secretKey)
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return { Key: base64(pair.publicKey), Nonce: base64(nonce), Payload: base64(box) }
}

/** Offset 0 is directly behind the current task. */
async function insertTask(api: Api, key: string, tasks: readonly string[], offset: number): Promise<unknown> {
  const { CurrentTask = -1 } = Object(await api('GET', `machines/${key}`)) as { readonly CurrentTask?: number }
  const at = CurrentTask + 1 + offset
  return changed(api, key, 'Tasks', (before) => [...before.slice(0, at), ...tasks, ...before.slice(at)])
}

async function changed(api: Api, key: string, field: string, change: (before: readonly string[]) => readonly string[]) {
  const machine = Object(await api('GET', `machines/${key}`)) as Readonly<Record<string, readonly string[] | undefined>>
  const value = change(machine[field] ?? [])
  return api('PATCH', `machines/${key}`, [
    { op: machine[field] === undefined ? 'add' : 'replace', path: `/${field}`, value },
  ])
}
