import { refusalWithMessages } from './slack-refusal.ts'

type Found = Readonly<Record<string, unknown>>

const BLOCKS_MAX = 50
/** Longest texts in characters, from Slack's reference of blocks and composition objects. */
const MAX = {
  blockId: 255,
  header: 150,
  sectionText: 3000,
  field: 2000,
  buttonText: 75,
  buttonValue: 2000,
  url: 3000,
  actionId: 255,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  altText: 2000,
} as const
/** Most elements of a list. */
const COUNT = { fields: 10, context: 10, actions: 25 } as const
const TEXT_TYPES = ['plain_text', 'mrkdwn']
const OTHER_BLOCKS = ['rich_text', 'markdown', 'input', 'file', 'video', 'table']

/**
 * Checks blocks against Slack's documented limits of Block Kit. Throws the refusal `invalid_blocks` with the place of
 * each fault, or `invalid_blocks_format` if the value is not a list of blocks.
 */
export function checkBlocks(blocks: unknown): readonly Found[] {
  if (!Array.isArray(blocks) || !blocks.every(isObject)) throw refusalWithMessages('invalid_blocks_format', [])
  const faults: string[] = []
  if (blocks.length > BLOCKS_MAX) faults.push(`no more than ${BLOCKS_MAX} items allowed [json-pointer:/blocks]`)
  const ids = blocks.map(({ block_id }) => block_id).filter((id) => id !== undefined)
  if (new Set(ids).size < ids.length) faults.push('block_id is not unique [json-pointer:/blocks]')
  for (const [index, block] of blocks.entries()) checkBlock(block, new Place(`/blocks/${index}`, faults))
  if (faults.length > 0) throw refusalWithMessages('invalid_blocks', faults)
  return blocks
}

/** A place in the blocks as a JSON pointer, and the list of faults. */
class Place {
  readonly #pointer: string
  readonly #faults: string[]

  constructor(pointer: string, faults: string[]) {
    this.#pointer = pointer
    this.#faults = faults
  }

  at(name: string | number): Place {
    return new Place(`${this.#pointer}/${name}`, this.#faults)
  }

  wrong(fault: string): void {
    this.#faults.push(`${fault} [json-pointer:${this.#pointer}]`)
  }

  /** Checks for a text of 1..max characters. */
  text(value: unknown, max: number): void {
    if (typeof value !== 'string' || value === '') this.wrong('must be a text of at least 1 character')
    else if (value.length > max) this.wrong(`must be less than ${max + 1} characters`)
  }

  optionalText(value: unknown, max: number): void {
    if (value !== undefined) this.text(value, max)
  }

  /** Checks for a text object: `{type, text}`. */
  textObject(value: unknown, max: number, types: readonly string[] = TEXT_TYPES): void {
    if (!isObject(value) || !types.includes(String(value.type))) this.wrong(`must be a text object: ${types}`)
    else this.at('text').text(value.text, max)
  }

  list(value: unknown, max: number, check: (item: Found, place: Place) => void): void {
    if (!Array.isArray(value) || value.length === 0) {
      this.wrong('must be a list of at least 1 item')
      return
    }
    if (value.length > max) this.wrong(`no more than ${max} items allowed`)
    for (const [index, item] of value.entries()) {
      if (isObject(item)) check(item, this.at(index))
      else this.at(index).wrong('must be an object')
    }
  }
}

function checkBlock(block: Found, place: Place): void {
  place.at('block_id').optionalText(block.block_id, MAX.blockId)
  const check = blockChecks[String(block.type)]
  if (check) check(block, place)
  else if (!OTHER_BLOCKS.includes(String(block.type))) place.at('type').wrong(`unsupported type: ${block.type}`)
}

const blockChecks: Readonly<Record<string, (block: Found, place: Place) => void>> = {
  divider: () => undefined,
  header: ({ text }, place) => place.at('text').textObject(text, MAX.header, ['plain_text']),
  section: checkSection,
  context: ({ elements }, place) => place.at('elements').list(elements, COUNT.context, checkContext),
  actions: ({ elements }, place) => place.at('elements').list(elements, COUNT.actions, checkElement),
  image: checkImage,
}

function checkContext(element: Found, place: Place): void {
  if (element.type === 'image') checkImage(element, place)
  else place.textObject(element, MAX.sectionText)
}

function checkSection(block: Found, place: Place): void {
  if (block.text === undefined && block.fields === undefined) place.wrong('needs text or fields')
  if (block.text !== undefined) place.at('text').textObject(block.text, MAX.sectionText)
  if (block.fields !== undefined) {
    place.at('fields').list(block.fields, COUNT.fields, (field, at) => at.textObject(field, MAX.field))
  }
  if (isObject(block.accessory)) checkElement(block.accessory, place.at('accessory'))
}

function checkElement(element: Found, place: Place): void {
  place.at('action_id').optionalText(element.action_id, MAX.actionId)
  if (element.type !== 'button') return
  place.at('text').textObject(element.text, MAX.buttonText, ['plain_text'])
  place.at('value').optionalText(element.value, MAX.buttonValue)
  place.at('url').optionalText(element.url, MAX.url)
  const { style, confirm } = element
  if (style !== undefined && style !== 'primary' && style !== 'danger') place.at('style').wrong('is no style')
  if (confirm !== undefined) checkConfirm(confirm, place.at('confirm'))
}

function checkConfirm(confirm: unknown, place: Place): void {
  if (!isObject(confirm)) {
    place.wrong('must be an object')
    return
  }
  place.at('title').textObject(confirm.title, MAX.confirmTitle, ['plain_text'])
  place.at('text').textObject(confirm.text, MAX.confirmText)
  place.at('confirm').textObject(confirm.confirm, MAX.confirmButton, ['plain_text'])
  place.at('deny').textObject(confirm.deny, MAX.confirmButton, ['plain_text'])
}

function checkImage(image: Found, place: Place): void {
  if (image.slack_file === undefined) place.at('image_url').text(image.image_url, MAX.url)
  place.at('alt_text').text(image.alt_text, MAX.altText)
}

function isObject(value: unknown): value is Found {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
