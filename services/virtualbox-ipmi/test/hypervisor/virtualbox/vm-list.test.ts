import { test } from 'tap'
import { readVmList } from '../../../src/hypervisor/virtualbox/vm-list.ts'

const A = '3f2b6a1e-0000-4000-8000-00000000000a'
const B = '3f2b6a1e-0000-4000-8000-00000000000b'
const id = (uuid: string) => uuid.toUpperCase()

test('names may have blanks, quotes, braces, Unicode and line breaks', async (t) => {
  const names = ['one', 'two words', 'it\'s "quoted"', `{${B}}`, `a" {${B}} b`, 'Größe 日本 🖥', 'two\nlines', ' "', '']
  const list = readVmList(names.map((name) => `"${name}" {${A}}\n`).join(''))
  t.same(
    list.vms.map(({ name }) => name),
    names,
  )
  t.same(list.problems, [])
  for (const vm of list.vms) t.equal(vm.id, id(A))
})

test('an inaccessible VM has an id and no name', async (t) => {
  t.same(readVmList(`"<inaccessible>" {${A}}\n"b" {${B}}\n`), {
    vms: [
      { id: id(A), name: '' },
      { id: id(B), name: 'b' },
    ],
    problems: [],
  })
})

test('a list may be empty, and lines may end with CRLF', async (t) => {
  t.same(readVmList(''), { vms: [], problems: [] })
  t.same(readVmList(`"a" {${A}}\r\n"b" {${B}}\r\n`).vms, [
    { id: id(A), name: 'a' },
    { id: id(B), name: 'b' },
  ])
})

test('lines that are not VMs are reported, and hide no VM', async (t) => {
  const list = readVmList(`WARNING: a kernel module is missing\n\n"a" {${A}}\n"cut off`)
  t.same(list.vms, [{ id: id(A), name: 'a' }])
  t.equal(list.problems.length, 2)
})
