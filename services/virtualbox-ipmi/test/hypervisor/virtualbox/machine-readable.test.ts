import { test } from 'tap'
import { readMachineReadable } from '../../../src/hypervisor/virtualbox/machine-readable.ts'

const read = (...lines: string[]) => Object.fromEntries(readMachineReadable(lines.join('\n')))

test('reads texts, numbers and quoted keys', async (t) => {
  t.same(
    read('name="one"', 'memory=2048', '"GuestMemoryBalloon"=0', '"SATA Controller-0-0"="/a b/c.vdi"', 'empty=""'),
    {
      name: 'one',
      memory: '2048',
      GuestMemoryBalloon: '0',
      'SATA Controller-0-0': '/a b/c.vdi',
      empty: '',
    },
  )
})

test('escaped quotes and backslashes are unescaped, also in keys', async (t) => {
  t.same(read('name="a \\"b\\" \\\\ c\\\\"', '"a \\"b\\"=c-0-0"="none"', 'path="C:\\\\Users\\\\x"'), {
    name: 'a "b" \\ c\\',
    'a "b"=c-0-0': 'none',
    path: 'C:\\Users\\x',
  })
})

test('a text may have several lines, none of which is an entry', async (t) => {
  t.same(read('description="first', 'VMState=\\"running\\"', 'memory=1', '', 'last"', 'cpus=2'), {
    description: 'first\nVMState="running"\nmemory=1\n\nlast',
    cpus: '2',
  })
})

test('an entry that a description quotes does not replace an earlier one', async (t) => {
  const lines = ['VMState="poweroff"', 'memory=64', 'description="first', 'VMState="running"', 'memory=1', 'last"']
  t.match(read(...lines), { VMState: 'poweroff', memory: '64' })
})

test('texts that are printed without escapes keep their quotes', async (t) => {
  t.same(read('hostonlyadapter1="VirtualBox "Host-Only" Adapter"', 'VideoMode="720,400,0"@0,0 1', 'nic1="hostonly"'), {
    hostonlyadapter1: 'VirtualBox "Host-Only" Adapter',
    VideoMode: '720,400,0',
    nic1: 'hostonly',
  })
})

test('lines without an equals sign are ignored, and the first of equal keys counts', async (t) => {
  t.same(read('Encryption:     disabled', '', 'BIOS NVRAM File="/x.nvram"', 'name="one"', 'name="two"', '=nothing'), {
    'BIOS NVRAM File': '/x.nvram',
    name: 'one',
  })
})

test('lines may end with CRLF', async (t) => {
  t.same(Object.fromEntries(readMachineReadable('name="Größe 日本 🖥"\r\ndescription="a\r\nb"\r\ncpus=2\r\n')), {
    name: 'Größe 日本 🖥',
    description: 'a\nb',
    cpus: '2',
  })
})

test('a text without a closing quote is one line long', async (t) => {
  t.same(read('name="open', 'cpus=2', 'memory=3'), { name: 'open', cpus: '2', memory: '3' })
})

test('any text can be read', async (t) => {
  for (const text of ['', '\n', '"', '="', '"=', '\\', '"\\"="', 'a="\\', '\u0000=\u0000', '"'.repeat(10_000)]) {
    t.ok(readMachineReadable(text))
  }
})
