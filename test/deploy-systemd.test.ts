import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtExecutable, runProgram, type TestScope, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { apiPlugins } from './api-plugins.ts'
import { deployFolder, makeSecrets } from './deployed-servers.ts'

const root = join(import.meta.dirname, '..')
const folder = join(deployFolder, 'systemd')
const ours = { endpoint: 'powerbus-endpoint.service', plugin: 'powerbus-plugin@.service' }
const units = { [ours.endpoint]: ours.endpoint, 'powerbus-plugin@ipmi.service': ours.plugin }
/** Drop-ins of the plugins that use the endpoint's API. */
const apiUnits = apiPlugins.map((name) => `powerbus-plugin@${name}.service`)
/** Opens more, for VirtualBox: checked by systemd, and not by its exposure. */
const hostBound = 'powerbus-plugin@virtualbox-ipmi.service'
const debian = ['nats-server.service', 'redis-server.service']

/** What `systemd-analyze security` gives at most, in tenths: 0 is sealed, 100 wide open. Another version may weigh a bit more. */
const EXPOSURE_MAX = 20

function read(unit: string): string {
  return readFileSync(join(folder, unit), 'utf8')
}

function settings(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}

/** Our units and Debian's with our drop-ins, where systemd-analyze finds them; executables are those of the build. */
function layOut(scope: TestScope, change: (text: string) => string = (text) => text): string {
  const place = tempFolder(scope)
  for (const unit of Object.values(ours)) {
    const text = read(unit).replaceAll('/opt/powerbus/', `${join(root, 'dist')}/`)
    writeFileSync(join(place, unit), change(text))
  }
  for (const unit of apiUnits) cpSync(join(folder, `${unit}.d`), join(place, `${unit}.d`), { recursive: true })
  for (const unit of debian) {
    copyFileSync(join('/lib/systemd/system', unit), join(place, unit))
    mkdirSync(join(place, `${unit}.d`))
    cpSync(join(folder, `${unit}.d`), join(place, `${unit}.d`), { recursive: true })
  }
  return place
}

function analyze(place: string, ...args: string[]) {
  const env = { SYSTEMD_UNIT_PATH: `${place}:`, SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' }
  return runProgram('systemd-analyze', args, { cwd: place, env })
}

async function verify(place: string, unit: string): Promise<{ code: number | null; complaints: string[] }> {
  const { code, stdout, stderr } = await analyze(place, 'verify', `./${unit}`)
  // Units of the machine that ours stand beside may have faults of their own.
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => /powerbus|nats-server|redis-server/.test(line))
  return { code, complaints }
}

test('systemd finds nothing wrong with the units, nor with Debian units under our drop-ins', async (t) => {
  const place = layOut(t)
  t.ok(apiUnits.includes(hostBound))
  for (const unit of [...Object.keys(units), ...apiUnits, ...debian])
    t.same((await verify(place, unit)).complaints, [], unit)
})

test('a setting that systemd does not know, or a program that is not there, would be found', async (t) => {
  const typo = layOut(t, (text) => text.replace('ProtectSystem=', 'ProtectSistem='))
  t.not((await verify(typo, ours.endpoint)).complaints.length, 0)
  const missing = layOut(t, (text) => text.replace('/bin/powerbus ', '/bin/nothing '))
  t.not((await verify(missing, ours.endpoint)).complaints.length, 0)
})

test('no unit is exposed more than is agreed', async (t) => {
  const place = layOut(t)
  for (const unit of [...Object.keys(units), ...debian]) {
    const check = ['security', '--offline=true', `--threshold=${EXPOSURE_MAX}`, '--no-pager', `./${unit}`]
    const { code, stdout, stderr } = await analyze(place, ...check)
    t.equal(code, 0, `${unit}: ${stdout.trim().split('\n').at(-1)} ${stderr}`)
  }
  const open = layOut(t, (text) =>
    text.replace(/^(Protect|Private|Restrict|SystemCall|Capability|NoNew|Dynamic).*$/gm, ''),
  )
  const check = ['security', '--offline=true', `--threshold=${EXPOSURE_MAX}`, '--no-pager', `./${ours.endpoint}`]
  t.not((await analyze(open, ...check)).code, 0, 'an open one would be found')
})

test('our units run nothing as root, stop no sooner than accepted work may take, and come back', async (t) => {
  for (const unit of Object.values(ours)) {
    const text = read(unit)
    t.same(settings(text, 'DynamicUser'), ['yes'], unit)
    t.ok(Number(settings(text, 'TimeoutStopSec')[0]) > 60, unit)
    t.same(settings(text, 'Restart'), ['on-failure'], unit)
    t.same(settings(text, 'MemoryDenyWriteExecute'), [], `${unit}: V8 cannot run with it`)
  }
})

test('secrets come as credentials, from files that make-secrets writes; none is in a unit or an environment file', async (t) => {
  const made = readdirSync(await makeSecrets(t))
  for (const unit of Object.values(ours)) {
    const text = read(unit).replaceAll('%i', 'ipmi')
    for (const credential of settings(text, 'LoadCredential')) {
      const [name = '', source = ''] = credential.split(':')
      t.ok(made.includes(source.replace('/etc/powerbus/secrets/', '')), `${unit}: ${source}`)
      t.match(text, `%d/${name}`, `${unit} uses ${name}`)
    }
    for (const used of text.matchAll(/%d\/([\w-]+)/g)) t.match(text, `LoadCredential=${used[1]}:`, unit)
    t.notMatch(text, /(PASSWORD|TOKEN|KEY|SECRET)=/, unit)
  }
  t.notMatch(read('cluster.env'), /^(?!#).*(PASSWORD|TOKEN|KEY|SECRET|@)/m)
})

test('a plugin that uses the API of the endpoint is given its address, and a token as a credential', async (t) => {
  const made = readdirSync(await makeSecrets(t))
  t.ok(apiUnits.length > 0)
  for (const unit of apiUnits) {
    const text = read(`${unit}.d/endpoint-api.conf`)
    const [, file = ''] = /^LoadCredential=endpoint-api-token:\/etc\/powerbus\/secrets\/(\S+)$/m.exec(text) ?? []
    t.ok(made.includes(file), unit)
    t.match(text, /^Environment=.*RS_TOKEN_FILE=%d\/endpoint-api-token$/m, unit)
    t.match(text, /^Environment=RS_ENDPOINT=https:\S+/m, unit)
    t.notMatch(text, /(PASSWORD|TOKEN|KEY|SECRET)=/, unit)
  }
})

test('every variable and program that a unit names is one that the programs have', async (t) => {
  const sources = ['shared/bus/src/connect-bus.ts', 'shared/store/src/redis/credentials.ts']
  const known = sources.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
  for (const unit of Object.values(ours)) {
    for (const [name] of read(unit).matchAll(/\b(?:NATS|REDIS)_[A-Z_]*[A-Z]\b(?==)/g)) t.match(known, name, name)
    for (const [, path = ''] of read(unit)
      .replaceAll('%i', 'ipmi')
      .matchAll(/^ExecStart=\/opt\/powerbus\/(\S+)/gm)) {
      t.ok(builtExecutable(path), path)
    }
  }
})
