import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { parse } from 'yaml'
import { jsonLines } from './built-command.ts'
import { startCommandLine } from './command-line.ts'

/** A provider that never runs, with a secret param. */
const keeper = `#!/bin/sh
case "$1" in
  define) cat << 'EOF'
{"Name":"keeper","Version":"v1.0.0","PluginVersion":4,"AutoStart":false,"Content":"{meta: {Name: keeper}, sections: {params: {keeper/key: {Name: keeper/key, Secure: true, Schema: {type: string}}, ipmi/password: {Name: ipmi/password, Secure: true, Schema: {type: string}}}}}"}
EOF
  ;;
  unpack) mkdir -p "$2" ;;
esac
`
const EXAMPLE = join(import.meta.dirname, '../../docs/examples/wake-on-lan')

test('objects of an endpoint are listed, shown and changed on the command line', async (t) => {
  const { run, folder } = await startCommandLine(t, (plugins) => {
    mkdirSync(plugins, { recursive: true })
    copyFileSync(EXAMPLE, join(plugins, 'wake-on-lan'))
    writeFileSync(join(plugins, 'keeper'), keeper, { mode: 0o755 })
  })
  const file = join(folder, 'secret')
  writeFileSync(file, 'hush-hush\n', { mode: 0o600 })
  /** Runs a command that must succeed without a warning. */
  const out = async (...args: string[]) => {
    const { stdout, stderr, error } = await run(...args)
    t.equal(error?.message ?? stderr, '', args.join(' '))
    return stdout
  }
  const machine = async (name: string) => parse(await out('machines', 'show', name))
  for (const name of ['m1', 'm2']) await out('machines', 'add', name, '--address', '127.0.0.1', '--password-file', file)

  t.test('machines set changes params, secrets, profiles and description, and shows them', async (t) => {
    await out('profiles', 'add', 'rack-7', '--param', 'power/timeout=7', '--description', 'Rack 7')
    await out('machines', 'set', 'm[1-2]', '--param', 'power/protected=true', '--add-profile', 'rack-7')
    await out('machines', 'set', 'm1', '--secret', `keeper/key=${file}`, '--unset', 'ipmi/mode', '--description', 'One')
    const shown = await machine('m1')
    t.match(shown, { Name: 'm1', Description: 'One', Profiles: ['rack-7'], Params: { 'power/protected': true } })
    t.notOk('ipmi/mode' in shown.Params)
    t.notMatch(JSON.stringify(shown), /hush/)
    t.equal(parse(await out('machines', 'show', 'm1', '--effective')).Params['power/timeout'], 7)
    await out('machines', 'set', 'm1', '--remove-profile', 'rack-7')
    t.same((await machine('m1')).Profiles, [])
    t.match(jsonLines(await out('machines', 'set', 'm1', '--unset', 'ipmi/mode', '--json')), [
      { machine: 'm1', ok: true, result: { changed: false } },
    ])
  })

  t.test('a param that nothing defines is warned of, and refused with --strict', async (t) => {
    const mistyped = ['--param', 'power/protectd=true']
    const warned = await run('machines', 'set', 'm2', ...mistyped)
    t.equal(warned.error, undefined)
    t.match(warned.stderr, /warning: .*power\/protectd.*power\/protected/)
    const added = await run('machines', 'add', 'm3', '--address', 'x', '--password-file', file, ...mistyped)
    t.match(added.stderr, /warning: .*power\/protected/)
    writeFileSync(join(folder, 'm.yaml'), '[{name: m4, params: {power/timout: 5}}]')
    t.match((await run('machines', 'import', join(folder, 'm.yaml'))).stderr, /warning: .*power\/timeout/)
    const refusals = [
      ['machines', 'set', 'm1', ...mistyped, '--strict'],
      ['machines', 'add', 'm5', '--address', 'x', '--password-file', file, ...mistyped, '--strict'],
      ['machines', 'import', join(folder, 'm.yaml'), '--strict'],
      ['profiles', 'set', 'rack-7', ...mistyped, '--strict'],
    ]
    for (const args of refusals) t.match((await run(...args)).error, { exitCode: 2, message: /protected|timeout/ })
    t.notOk('power/protectd' in (await machine('m1')).Params)
    t.equal((await out('machines', 'list', '-o', 'names')).trim(), 'm1\nm2\nm3\nm4')
  })

  t.test('a secret param is taken from a file, and never as an argument', async (t) => {
    const { error } = await run('machines', 'set', 'm1', '--param', 'keeper/key=hush')
    t.match(error, { exitCode: 2, message: /--secret keeper\/key/ })
    t.match((await machine('m1')).Params['keeper/key'], { Key: String, Nonce: String, Payload: String })
    const open = await run('machines', 'set', 'm1', '--secret', `keeper/kez=${file}`)
    t.match(open.error, { exitCode: 2, message: /keeper\/key/ }, 'a secret that would be kept readable')
    t.match((await run('machines', 'set', 'm1', '--secret', 'keeper/key')).error, { exitCode: 2, message: /=FILE/ })
  })

  t.test('definitions of params are listed with type and default', async (t) => {
    t.match(await out('params', 'list', 'power/answer'), /^NAME .*\npower\/answer +object \| text +object /)
    t.match(parse(await out('params', 'show', 'power/timeout')), { Name: 'power/timeout', Schema: { default: 60 } })
    t.match(await out('params', 'list', 'keeper/'), /keeper\/key +secret string/)
    t.match((await run('params', 'show', 'power/timout')).error, { exitCode: 2, message: /power\/timeout/ })
    t.match((await run('params', 'remove', 'power/timeout', '--yes')).error, { exitCode: 1 })
  })

  t.test('profiles and plugins are listed, changed and removed', async (t) => {
    t.match(jsonLines(await out('profiles', 'list', '-o', 'json')), [
      { Name: 'global' },
      { Name: 'rack-7', Description: 'Rack 7' },
    ])
    await out('profiles', 'set', 'rack-7', '--param', 'power/min-gap=3', '--unset', 'power/timeout')
    t.match(parse(await out('profiles', 'show', 'rack-7')).Params, { 'power/min-gap': 3 })
    t.match(await out('plugins'), /^NAME +PROVIDER +AVAILABLE +ERRORS\nwake-on-lan +wake-on-lan +yes\n$/)
    await out('plugins', 'add', 'second', '--provider', 'wake-on-lan', '--param', 'wake-on-lan/broadcast=127.0.0.1:9')
    await out('plugins', 'set', 'second', '--param', 'wake-on-lan/broadcast=127.0.0.1:7')
    t.match(parse(await out('plugins', 'show', 'second')), { Params: { 'wake-on-lan/broadcast': '127.0.0.1:7' } })
    await out('plugins', 'remove', 'second', '--yes')
    t.equal(await out('plugins', 'list', '-o', 'names'), 'wake-on-lan\n')
    t.match((await run('plugins', 'show', 'wake-on-lam')).error, { exitCode: 2, message: /wake-on-lan/ })
    t.match((await run('profiles', 'remove', 'rack-7')).error, { exitCode: 2, message: /--yes/ })
    t.match((await run('profiles', 'set', 'rack-7')).error, { exitCode: 2, message: /nothing to set/ })
  })

  t.test('every format of a list', async (t) => {
    await out('machines', 'set', 'm2', '--description', 'with, comma and "quotes"')
    t.equal(
      await out('machines', 'list', 'm2', '-o', 'csv'),
      'NAME,BMC,PORT,MODE,DESCRIPTION\nm2,127.0.0.1,,ipmitool,"with, comma and ""quotes"""\n',
    )
    t.match(parse(await out('machines', 'list', 'm2', '-o', 'yaml')), [{ Name: 'm2' }])
    t.match(jsonLines(await out('machines', 'list', '-o', 'json')), [{ Name: 'm1' }, { Name: 'm2' }, {}, {}])
    t.match(JSON.parse(await out('machines', '--json')), [{ Name: 'm1' }, { Name: 'm2' }, {}, {}], 'an array, as ever')
    t.match((await run('machines', '-o', 'xml')).error, { exitCode: 2 })
    t.match((await run('machines', '--json', '-o', 'csv')).error, { exitCode: 2 })
  })

  t.test('params are defined and removed, and no definition of a bundle is', async (t) => {
    await out('params', 'add', 'site/rack', '--schema', '{"type":"integer"}', '--description', 'Number of the rack')
    await out('machines', 'set', 'm1', '--param', 'site/rack=7')
    t.match((await run('machines', 'set', 'm1', '--param', 'site/rack=east')).error, { exitCode: 1 })
    t.match((await run('params', 'add', 'site/row', '--schema', '{')).error, { exitCode: 2, message: /--schema/ })
    await out('params', 'remove', 'site/rack', '--yes')
    t.equal(await out('params', 'list', 'site/', '-o', 'names'), '')
    t.match((await run('params', 'remove', 'power/timeout', '--yes')).error, { exitCode: 1 })
  })

  t.test('a provider is uploaded, and one that does not work changes nothing', async (t) => {
    const uploaded = join(folder, 'waker')
    writeFileSync(uploaded, readFileSync(EXAMPLE, 'utf8').replaceAll('wake-on-lan', 'waker'), { mode: 0o755 })
    t.match(await out('plugins', 'upload', uploaded), /^uploaded waker: \d+ bytes\n$/)
    t.match(await out('plugins', 'list', 'waker'), /waker +waker +yes/)
    writeFileSync(uploaded, '#!/bin/sh\nexit 3\n')
    t.match((await run('plugins', 'upload', uploaded)).error, { exitCode: 1 })
    t.match(await out('plugins', 'list', 'waker'), /waker +waker +yes/)
    t.match((await run('plugins', 'upload', folder)).error, { exitCode: 2 })
    t.match((await run('plugins', 'upload', uploaded, '--name', '/')).error, { exitCode: 2 })
  })

  t.test('users are added with a password, and it is never an argument', async (t) => {
    await out('users', 'add', 'ada', '--role', 'act', '--description', 'Ada', '--password-file', file)
    t.match(await out('users', 'list', 'ada'), /^NAME +ROLES +DESCRIPTION\nada +act +Ada\n$/)
    const shown = await out('users', 'show', 'ada')
    t.notMatch(shown, /hush/)
    t.match(parse(shown), { Name: 'ada', Roles: ['act'] })
    await out('users', 'password', 'ada', '--password-file', file)
    writeFileSync(join(folder, 'short'), 'short\n', { mode: 0o600 })
    const refused = await run('users', 'add', 'bob', '--password-file', join(folder, 'short'))
    t.match(refused.error, { exitCode: 1, message: /Password/ })
    t.notMatch(await out('users', 'list', '-o', 'names'), /bob/, 'a user without a password is not left behind')
    t.match((await run('users', 'add', 'eve')).error, { exitCode: 2, message: /--password-file/ })
    t.match((await run('users', 'add', 'eve', '--role', 'root', '--password-file', file)).error, { exitCode: 1 })
    await out('users', 'remove', 'ada', '--yes')
    t.notMatch(await out('users', 'list', '-o', 'names'), /ada/)
  })

  t.test('content bundles are uploaded, replaced and removed', async (t) => {
    const bundle = join(folder, 'site.yaml')
    const write = (version: string, more = '') =>
      writeFileSync(
        bundle,
        `meta: {Name: site, Version: ${version}}\nsections: {profiles: {east: {Name: east}${more}}}\n`,
      )
    write('v1.0.0')
    t.equal(await out('contents', 'upload', bundle), 'added site: 1 profiles\n')
    t.match(await out('profiles', 'list', 'east'), /east +site/)
    write('v1.1.0', ', west: {Name: west}')
    t.equal(await out('contents', 'upload', bundle), 'replaced site: 2 profiles\n')
    t.match(await out('contents', 'list', 'site'), /^NAME .*\nsite +v1\.1\.0 .*2 profiles/)
    t.match(parse(await out('contents', 'show', 'site')), { sections: { profiles: { west: { Name: 'west' } } } })
    const taken = 'meta: {Name: site}\nsections: {params: {keeper/key: {Name: keeper/key}}}\n'
    writeFileSync(bundle, taken)
    t.match((await run('contents', 'upload', bundle)).error, { exitCode: 1, message: /keeper\/key/ })
    t.match(await out('contents', 'list', 'site'), /2 profiles/, 'a bundle that is refused replaces nothing')
    t.match((await run('profiles', 'remove', 'east', '--yes')).error, { exitCode: 1 })
    await out('contents', 'remove', 'site', '--yes')
    t.equal(await out('profiles', 'list', 'east', '-o', 'names'), '')
    writeFileSync(bundle, 'a: [')
    t.match((await run('contents', 'upload', bundle)).error, { exitCode: 2, message: /YAML/ })
    writeFileSync(bundle, '{}')
    t.match((await run('contents', 'upload', bundle)).error, { exitCode: 2, message: /meta\.Name/ })
  })
})
