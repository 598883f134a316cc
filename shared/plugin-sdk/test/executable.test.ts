import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodePluginManifest } from '@powerbus/drp'
import { test } from 'tap'
import { manifestOf } from '../src/index.ts'
import { demo } from './fixture/demo-plugin.ts'
import { builtDemo, runExecutable } from './fixture/launched-plugin.ts'

test('commands that end by themselves', async (t) => {
  const { folder, executable } = await builtDemo(t)
  const run = (...args: string[]) => runExecutable(executable, args, folder)

  t.test('define prints the manifest and nothing else', async (t) => {
    for (const args of [['define'], ['define', '--debug'], ['-d', 'define']]) {
      const { code, stdout, stderr } = await run(...args)
      t.equal(code, 0)
      t.equal(stderr, '')
      t.strictSame(decodePluginManifest(JSON.parse(stdout)), manifestOf(demo))
    }
  })

  t.test('version and help are printed', async (t) => {
    t.strictSame(await run('version'), { code: 0, stdout: 'Version: v0.0.1\n', stderr: '' })
    const help = await run('--help')
    t.equal(help.code, 0)
    t.match(help.stdout, /listen TO FROM/)
  })

  t.test('unpack creates the folder and writes below it', async (t) => {
    const target = join(folder, 'deep/unpacked')
    t.equal((await run('unpack', target)).code, 0)
    t.equal((await stat(target)).mode & 0o777, 0o755)
    t.equal(await readFile(join(target, 'stages/demo.yaml'), 'utf8'), 'Name: demo\nTasks: []\n')
    t.equal((await run('unpack', target)).code, 0, 'a second time')
  })

  t.test('unpack does not follow a link out of the folder', async (t) => {
    const [target, outside] = [join(folder, 'linked'), join(folder, 'outside')]
    await mkdir(target)
    await mkdir(outside)
    await symlink(outside, join(target, 'stages'))
    t.equal((await run('unpack', target)).code, 1)
    await t.rejects(stat(join(outside, 'demo.yaml')), { code: 'ENOENT' })
  })

  t.test('autocomplete writes a completion file for bash', async (t) => {
    const file = join(folder, 'completion')
    t.equal((await run('autocomplete', file)).code, 0)
    t.match(await readFile(file, 'utf8'), /complete -F/)
  })

  t.test('missing arguments exit with 1, an unknown command with 2', async (t) => {
    await writeFile(join(folder, 'file'), '')
    for (const args of [
      ['unpack'],
      ['unpack', ''],
      ['autocomplete'],
      ['listen'],
      ['listen', 'to'],
      ['listen', 'a', 'b', 'c'],
      ['serve', 'here'],
      ['serve', '--http', '127.0.0.1'],
      ['serve', '--http', '0.0.0.0:0'],
      ['serve', '--http', 'off'],
      ['serve', '--http', '127.0.0.1:0', '--client-ca', 'file'],
      ['serve', '--http', '127.0.0.1:0', '--token-file', 'nowhere'],
      ['serve', '--http', '127.0.0.1:0', '--config', 'nowhere'],
    ]) {
      const { code, stdout, stderr } = await run(...args)
      t.equal(code, 1, args.join(' '))
      t.equal(stdout, '')
      t.not(stderr, '')
    }
    t.equal((await run('listen', join(folder, 'file'), join(folder, 'from'))).code, 1, 'TO is a plain file')
    for (const args of [[], ['server'], ['--verbose', 'define'], ['define', '--http', 'off'], ['serve', '--port', '1']])
      t.equal((await run(...args)).code, 2, args.join(' '))
  })
})
