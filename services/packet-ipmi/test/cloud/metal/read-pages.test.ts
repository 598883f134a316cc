import { PowerbusError } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { readPages } from '../../../src/cloud/metal/read-pages.ts'

const decode = (value: unknown) => (typeof value === 'string' ? { id: value } : undefined)
const next = { href: 'http://elsewhere.test/steal' }

/** Pages in order; an error stands for a page that fails. */
function listing(...pages: readonly unknown[]) {
  const read = async (page: number) => {
    const body = pages[page - 1]
    if (body instanceof Error) throw body
    return body
  }
  return readPages({ name: 'things', read, decode })
}

test('pages are read by number while meta.next exists', async (t) => {
  t.match(
    await listing({ things: ['a', 'b'], meta: { total: 3, next } }, { things: ['c'], meta: { total: 3, next: null } }),
    { complete: true, items: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] },
  )
  t.match(await listing({ things: [], meta: { total: 0 } }), { complete: true, items: { length: 0 } })
  t.match(await listing({ things: ['a'], meta: { last_page: 1 } }), { complete: true, items: [{ id: 'a' }] })
})

const away = new PowerbusError('TARGET_UNREACHABLE', 'away')
const incomplete: Readonly<Record<string, readonly unknown[]>> = {
  'fewer members than there are': [{ things: ['a'], meta: { total: 2 } }],
  'a later page that does not come': [{ things: ['a'], meta: { total: 2, next } }, away],
  'a later page that is no object': [{ things: ['a'], meta: { total: 2, next } }, 'html'],
  'the same page twice': [
    { things: ['a'], meta: { total: 2, next } },
    { things: ['a'], meta: { total: 2 } },
  ],
  'a total that changes': [
    { things: ['a'], meta: { total: 2, next } },
    { things: ['b'], meta: { total: 3 } },
  ],
  'an empty page with a next one': [{ things: [], meta: { total: 1, next } }],
  'no meta': [{ things: ['a'] }],
  'an odd meta': [{ things: ['a'], meta: [1] }],
  'no total, and more pages than came': [{ things: ['a'], meta: { last_page: 2 } }],
  'a total that goes away': [
    { things: ['a'], meta: { total: 2, next } },
    { things: ['b'], meta: {} },
  ],
  'an odd total': [{ things: ['a'], meta: { total: '1' } }],
  'no list': [{ meta: { total: 0 } }],
  'a member without an id': [{ things: ['a', null], meta: { total: 2 } }],
}

for (const [name, pages] of Object.entries(incomplete))
  test(`a listing with ${name} is incomplete and says why`, async (t) => {
    const { complete, problem } = await listing(...pages)
    t.equal(complete, false)
    t.type(problem, 'string')
  })

test('an endless list ends after 1000 pages', async (t) => {
  const read = async (page: number) => ({ things: [`${page}`], meta: { total: 5, next } })
  t.match(await readPages({ name: 'things', read, decode }), { complete: false })
})

test('a failed or empty first page is an error', async (t) => {
  await t.rejects(listing(away), { code: 'TARGET_UNREACHABLE' })
  await t.rejects(listing(undefined), { code: 'TARGET_UNREACHABLE' })
})
