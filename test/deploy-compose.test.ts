import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtExecutable } from '@powerbus/testkit'
import { test } from 'tap'
import { parse } from 'yaml'
import { apiPlugins } from './api-plugins.ts'
import { deployFolder, makeSecrets } from './deployed-servers.ts'
import { pluginNames } from './repository.ts'

interface Service {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly user: string
  readonly command?: readonly string[]
  readonly restart?: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[]
  readonly volumes?: readonly string[]
  readonly networks?: readonly string[]
  readonly ports?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly deploy?: { readonly replicas: number }
  readonly stop_grace_period?: string
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const text = readFileSync(join(deployFolder, 'compose.yaml'), 'utf8')
/** As compose reads it where no variable is set. */
const compose: Compose = parse(
  text.replace(/\$\{\w+:-([^}]*)\}/g, (_, fallback) => fallback),
  { merge: true, strict: true, uniqueKeys: true },
)
const services = Object.entries(compose.services)
/** Those that stay; the others make something ready and end. */
const lasting = services.filter(([name]) => name !== 'nats-volume')
/** Not in a container: it works with the VirtualBox of the machine that it runs on. */
const HOST_BOUND = 'virtualbox-ipmi'
const plugins = pluginNames.filter((name) => name !== HOST_BOUND)

const serviceKeys = `build cap_add cap_drop command depends_on deploy entrypoint environment healthcheck image logging
  network_mode networks pids_limit ports read_only restart secrets security_opt stop_grace_period tmpfs user volumes`.split(
  /\s+/,
)

function sourceOf(secret: string | { readonly source: string }): string {
  return typeof secret === 'string' ? secret : secret.source
}

test('every key is one that compose knows at its place', async (t) => {
  const top = ['name', 'services', 'networks', 'volumes', 'secrets', 'x-hardening', 'x-program']
  for (const key of Object.keys(compose)) t.ok(top.includes(key), key)
  for (const [name, service] of services) {
    for (const key of Object.keys(service)) t.ok(serviceKeys.includes(key), `${name}.${key}`)
  }
})

test('every image is pinned to a whole version', async (t) => {
  for (const [name, { image }] of services) t.match(image, /^[\w./-]+:\d+\.\d+\.\d+(-[\w.]+)?$/, name)
})

test('nothing that stays runs as root, writes outside its volumes, or has a capability', async (t) => {
  for (const [name, service] of lasting) {
    t.match(service.user, /^[1-9]\d*:[1-9]\d*$/, name)
    t.equal(service.restart, 'unless-stopped', name)
  }
  for (const [name, service] of services) {
    t.equal(service.read_only, true, name)
    t.same(service.cap_drop, ['ALL'], name)
    t.same(service.security_opt, ['no-new-privileges:true'], name)
  }
})

test('everything that stays has a health check, and what waits for health waits for one that has', async (t) => {
  const image = readFileSync(join(deployFolder, 'container/Containerfile'), 'utf8')
  const isChecked = ({ healthcheck, build }: Service) =>
    healthcheck !== undefined || (build !== undefined && /^HEALTHCHECK .*CMD/m.test(image))
  for (const [name, service] of lasting) t.ok(isChecked(service), name)
  for (const [name, { depends_on = {} }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const found = compose.services[other]
      t.ok(found, `${name} waits for ${other}`)
      if (condition === 'service_healthy') t.ok(found && isChecked(found), `${name} waits for ${other}`)
      else t.equal(condition, 'service_completed_successfully')
    }
  }
})

test('there are NATS, Redis, an endpoint, and two replicas of every service that can move, each with an account of its own', async (t) => {
  t.same(new Set(Object.keys(compose.services)), new Set(['nats-volume', 'nats', 'redis', 'endpoint', ...plugins]))
  for (const plugin of plugins) {
    const service = compose.services[plugin]
    t.equal(service?.deploy?.replicas, 2, plugin)
    t.same(service?.command?.slice(0, 2), [`/opt/powerbus/plugins/${plugin}`, 'serve'])
    t.ok(builtExecutable(`plugins/${plugin}`), plugin)
    t.same(service?.ports, undefined, 'two replicas cannot share a port')
  }
  for (const name of ['endpoint', ...plugins]) {
    const { environment = {}, stop_grace_period } = compose.services[name] ?? {}
    t.equal(environment.NATS_USER, name)
    t.equal(environment.REDIS_USERNAME, name)
    t.equal(stop_grace_period, '65s', 'accepted work has 60 s')
  }
})

test('a service whose plugin uses the API of the endpoint can reach it, with a token and the certificate to expect', async (t) => {
  t.ok(apiPlugins.includes('packet-ipmi'))
  for (const name of plugins) {
    const { environment = {}, secrets = [], networks = [] } = compose.services[name] ?? {}
    const isUser = apiPlugins.includes(name)
    t.equal(secrets.includes('endpoint-api-token'), isUser, name)
    t.equal(environment.RS_TOKEN_FILE, isUser ? '/run/secrets/endpoint-api-token' : undefined, name)
    t.equal(environment.RS_ENDPOINT, isUser ? 'https://endpoint:8092' : undefined, name)
    if (!isUser) continue
    t.match(text, /^ {6}RS_FINGERPRINT: '\$\{POWERBUS_FINGERPRINT:-\}'$/m, name)
    t.equal(environment.RS_FINGERPRINT, '', name)
    t.ok(
      compose.services.endpoint?.networks?.some((network) => networks.includes(network)),
      name,
    )
  }
})

test('no secret stands in the file; each comes from a file that make-secrets writes and is given to who needs it', async (t) => {
  const made = readdirSync(await makeSecrets(t, '--container'))
  for (const [name, { file }] of Object.entries(compose.secrets)) {
    t.match(file, /^\.\/secrets\/[\w.-]+$/)
    t.ok(made.includes(file.replace('./secrets/', '')), file)
    const used = services.filter(([, { secrets = [] }]) => secrets.map(sourceOf).includes(name))
    t.ok(used.length > 0, `${name} is used`)
    const whose = /^(?:nats|redis)-(?!observer)([\w-]+)-password$/.exec(name)?.[1]
    for (const [service] of used) if (whose) t.equal(service, whose, `${name} is nobody else's`)
  }
  for (const [name, { environment = {}, secrets = [] }] of services) {
    for (const secret of secrets) t.ok(compose.secrets[sourceOf(secret)], `${name}: ${sourceOf(secret)}`)
    for (const [variable, value] of Object.entries(environment)) {
      t.notMatch(variable, /(PASSWORD|TOKEN|KEY|SECRET)$/, `${name}: ${variable}`)
      t.notMatch(value, /\/\/[^/]*@/, `${name}: ${variable}`)
      if (!variable.endsWith('_FILE')) continue
      t.ok(secrets.includes(value.replace('/run/secrets/', '')), `${name}: ${variable}`)
    }
  }
})

test('volumes and networks are declared and used, and mounted files are in the repository and read-only', async (t) => {
  const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')))
  for (const [source = '', target, mode] of mounts) {
    if (source.startsWith('./')) {
      t.ok(existsSync(join(deployFolder, source)), source)
      t.equal(mode, 'ro', source)
    } else if (target !== undefined) t.ok(source in compose.volumes, source)
  }
  for (const name of Object.keys(compose.volumes))
    t.ok(
      mounts.some(([source]) => source === name),
      name,
    )
  for (const [name, { networks = [] }] of services) {
    for (const network of networks) t.ok(network in compose.networks, `${name}: ${network}`)
  }
})

test('only the endpoint is seen from the host, on its loopback; NATS and Redis have no way out', async (t) => {
  const published = services.filter(([, { ports }]) => ports)
  t.same(
    published.map(([name, { ports }]) => [name, ports]),
    [['endpoint', ['127.0.0.1:8092:8092']]],
  )
  t.equal(compose.networks.bus?.internal, true)
  for (const name of ['nats', 'redis']) t.same(compose.services[name]?.networks, ['bus'])
})
