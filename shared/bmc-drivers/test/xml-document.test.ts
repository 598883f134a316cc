import { test } from 'tap'
import { elementsNamed, escapeXml, readXml, textNamed, XmlError } from '../src/xml-document.ts'

const limits = { bytesMax: 10 * 1024 * 1024 }

test('elements are found by their name, whatever their prefix and depth', async (t) => {
  const root = readXml(
    '<?xml version="1.0"?><a:X xmlns:a="u"><b><a:SID kb="ROR"> 12 </a:SID></b><SID>13</SID></a:X>',
    limits,
  )
  t.equal(root.name, 'X')
  t.equal(textNamed(root, 'SID'), '12')
  t.same(
    elementsNamed(root, 'SID').map(({ attributes }) => attributes.kb),
    ['ROR', undefined],
  )
  t.equal(textNamed(root, 'STATENAME'), undefined)
})

test('the five entities and character references are read, and digits stay text', async (t) => {
  const root = readXml('<a><b>&lt;&amp;&gt;&quot;&apos;</b><c>0012</c><d><![CDATA[<x>]]></d></a>', limits)
  t.equal(textNamed(root, 'b'), '<&>"\'')
  t.equal(textNamed(root, 'c'), '0012')
  t.equal(textNamed(root, 'd'), '<x>')
})

test('what is escaped is read back as it was', async (t) => {
  const text = `a&b<c>"d'é`
  t.equal(textNamed(readXml(`<a>${escapeXml(text)}</a>`, limits), 'a'), text)
})

test('documents that are cut, deep, large or declare entities are refused within a second', async (t) => {
  const bomb = `<!DOCTYPE a [<!ENTITY a "x">${[...'bcdefghij'].map((name, at) => `<!ENTITY ${name} "${`&${'abcdefghi'[at]};`.repeat(10)}">`).join('')}]><a>&j;</a>`
  const rows: readonly (readonly [name: string, text: string])[] = [
    ['entity bomb', bomb],
    ['external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['small letters', '<!doctype a><a/>'],
    ['cut', '<LOGIN><REQ><SID>12</SI'],
    ['cut after an element', '<LOGIN><SID>12</SID>'],
    ['no element', 'hello'],
    ['empty', ''],
    ['deep', `${'<a>'.repeat(65)}${'</a>'.repeat(65)}`],
    ['large', `<a>${'x'.repeat(limits.bytesMax)}</a>`],
  ]
  for (const [name, text] of rows) {
    const before = process.cpuUsage()
    t.throws(() => readXml(text, limits), XmlError, name)
    const { user, system } = process.cpuUsage(before)
    t.ok(user + system < 1_000_000, name)
  }
  t.ok(readXml(`${'<a>'.repeat(64)}${'</a>'.repeat(64)}`, limits))
})
