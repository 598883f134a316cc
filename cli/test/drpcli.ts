import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import nacl from 'tweetnacl'
import type { CommandLine } from './command-line.ts'

/**
 * What drpcli 4.8 sends for these words, in its order. `place` says where a file is. Returns the answer, texts without
 * quotes. Throws an Error for a refusal, and for a command that it does not know.
 */
export async function drpcli(
  { ask }: Pick<CommandLine, 'ask'>,
  words: readonly string[],
  place: (path: string) => string,
): Promise<string> {
  const [kind = '', verb = '', key = '', ...rest] = words
  const given = (text: string | undefined) =>
    JSON.parse(rest.at(-2) === '<' ? readFileSync(place(rest.at(-1) ?? ''), 'utf8') : jsonOf(text))
  const path = `${kind}/${key}`
  switch (verb) {
    case 'upload': {
      if (kind === 'plugin_providers') return ask('POST', path, readFileSync(place(rest[1] ?? '')))
      const content = JSON.parse(JSON.stringify((await import('yaml')).parse(readFileSync(place(key), 'utf8'))))
      const isThere = (await ask('GET', kind)).includes(`"Name":"${content.meta.Name}"`)
      return isThere ? ask('PUT', `${kind}/${content.meta.Name}`, content) : ask('POST', kind, content)
    }
    case 'download':
      writeFileSync(
        place(rest[1] ?? ''),
        Buffer.from(await ask('GET', `${path}/binary`, undefined, 'latin1'), 'latin1'),
        {
          mode: 0o755,
        },
      )
      return ''
    case 'create':
      return ask('POST', kind, given(key))
    case 'show':
      return ask('GET', path)
    case 'actions':
      return ask('GET', `${path}/actions`)
    case 'runaction': {
      const plugin = rest.indexOf('--plugin')
      const [command = '', ...pairs] = plugin < 0 ? rest : rest.slice(0, plugin)
      const params: Record<string, unknown> = {}
      for (let at = 0; at < pairs.length; at += 2) params[pairs[at] ?? ''] = JSON.parse(jsonOf(pairs[at + 1]))
      const query = plugin < 0 ? '' : `?plugin=${rest[plugin + 1]}`
      const answer: unknown = JSON.parse(await ask('POST', `${path}/actions/${command}${query}`, params))
      return typeof answer === 'string' ? answer : JSON.stringify(answer)
    }
    case 'set': {
      const [, name = '', , value] = rest
      const { Secure } = JSON.parse(await ask('GET', `params/${name}`))
      const plain = given(value)
      return ask(
        'POST',
        `${path}/params/${name}`,
        Secure ? sealed(plain, JSON.parse(await ask('GET', `${path}/pubkey`))) : plain,
      )
    }
    case 'remove':
      return ask('DELETE', `${path}/params/${rest[1]}`)
    case 'destroy':
      return ask('DELETE', path)
    default:
      throw new Error(`drpcli ${words.join(' ')}: add it to this test`)
  }
}

/** An argument is JSON, or else a text. */
function jsonOf(text = ''): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(text)
  }
}

function sealed(value: unknown, publicKey: string): object {
  const own = nacl.box.keyPair()
  const nonce = randomBytes(nacl.box.nonceLength)
  const payload = nacl.box(Buffer.from(JSON.stringify(value)), nonce, Buffer.from(publicKey, 'base64'), own.secretKey)
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return { Key: text(own.publicKey), Nonce: text(nonce), Payload: text(payload) }
}
