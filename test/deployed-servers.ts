import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ChildProcessHandle,
  freeTcpPort,
  runProgram,
  startProcess,
  type TestScope,
  tempFolder,
  waitUntil,
} from '@powerbus/testkit'

export const deployFolder = join(import.meta.dirname, '../deploy')

/** Runs deploy/make-secrets.mjs, and gives the folder that it made. */
export async function makeSecrets(scope: TestScope, ...options: string[]): Promise<string> {
  const folder = join(tempFolder(scope), 'secrets')
  const done = await runProgram(process.execPath, [join(deployFolder, 'make-secrets.mjs'), folder, ...options])
  if (done.code !== 0) throw new Error(`make-secrets.mjs ended with ${done.code}: ${done.stderr}`)
  return folder
}

/** The committed NATS configuration but for where its data is, with fresh passwords beside it, as an operator lays it out. */
export function layOutNats(scope: TestScope, secrets: string, change = (text: string): string => text): string {
  const folder = tempFolder(scope)
  const text = readFileSync(join(deployFolder, 'nats/nats-server.conf'), 'utf8')
  if (!text.includes('"/var/lib/nats"')) throw new Error('the configuration names another folder')
  writeFileSync(
    join(folder, 'nats-server.conf'),
    change(text).replace('"/var/lib/nats"', JSON.stringify(join(folder, 'data'))),
  )
  copyFileSync(join(secrets, 'nats-passwords.conf'), join(folder, 'passwords.conf'))
  return join(folder, 'nats-server.conf')
}

export interface DeployedNats {
  readonly url: string
  /** Where its monitoring answers. */
  readonly monitorUrl: string
  /** Folder of what make-secrets.mjs made. */
  readonly secrets: string
  password(user: string): string
  passwordFile(user: string): string
}

/** nats-server with the committed configuration, as `change` leaves it; ports and data are the test's. */
export async function startDeployedNats(scope: TestScope, change?: (text: string) => string): Promise<DeployedNats> {
  const secrets = await makeSecrets(scope)
  const configuration = layOutNats(scope, secrets, change)
  const [port, monitorPort] = [await freeTcpPort(), await freeTcpPort()]
  const places = ['--port', `${port}`, '--http_port', `${monitorPort}`]
  const child = await startProcess(scope, 'nats-server', ['--config', configuration, ...places])
  await child.waitForOutput(/Server is ready/, { stream: 'stderr' })
  const passwordFile = (user: string) => join(secrets, `nats-${user}.password`)
  return {
    url: `nats://127.0.0.1:${port}`,
    monitorUrl: `http://127.0.0.1:${monitorPort}`,
    secrets,
    password: (user) => readFileSync(passwordFile(user), 'utf8'),
    passwordFile,
  }
}

export interface DeployedRedis {
  readonly url: string
  passwordFile(user: string): string
  readonly process: ChildProcessHandle
  /** What redis-cli prints for a command of this user; without a user, of nobody. */
  ask(user: string | undefined, ...command: string[]): Promise<string>
}

export interface RedisPlace {
  readonly secrets: string
  readonly folder: string
  /** Further options of redis-server. */
  readonly options?: readonly string[]
}

/** redis-server with the committed configuration on the data of a folder; port and paths are the test's. */
export async function startDeployedRedis(scope: TestScope, place: RedisPlace): Promise<DeployedRedis> {
  const { secrets, folder, options = [] } = place
  const port = `${await freeTcpPort()}`
  const places = ['--port', port, '--dir', folder, '--aclfile', join(secrets, 'redis-users.acl')]
  const child = await startProcess(scope, 'redis-server', [
    join(deployFolder, 'redis/redis.conf'),
    ...places,
    ...options,
  ])
  const passwordFile = (user: string) => join(secrets, `redis-${user}.password`)
  const ask = async (user: string | undefined, ...command: string[]): Promise<string> => {
    const password = user && readFileSync(passwordFile(user), 'utf8')
    const as = user === undefined ? [] : ['--user', user, '--no-auth-warning']
    const env = { REDISCLI_AUTH: password }
    return (await runProgram('redis-cli', ['-p', port, ...as, ...command], { env })).stdout.trim()
  }
  await waitUntil('redis-server to answer', async () => {
    if (child.output.stdout.includes('Aborting')) throw new Error(child.output.stdout)
    return (await ask('observer', 'ping')) === 'PONG'
  })
  return { url: `redis://127.0.0.1:${port}`, process: child, passwordFile, ask }
}
