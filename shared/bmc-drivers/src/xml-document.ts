import { XMLParser, XMLValidator } from 'fast-xml-parser'

export interface XmlElement {
  /** Without its prefix: firmware chooses prefixes as it likes. */
  readonly name: string
  /** By name without prefix. */
  readonly attributes: Readonly<Record<string, string>>
  /** Its own text, without that of the elements in it. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

export interface XmlLimits {
  readonly bytesMax: number
  /** Elements within elements; 64 where absent. */
  readonly depthMax?: number
}

/** The text is no XML document, or one that is refused. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
}

const DEPTH_MAX = 64
const TEXT = '#text'
const ATTRIBUTES = ':@'

type ParsedNode = Readonly<Record<string, unknown>>

/**
 * The root element. Throws XmlError for a document that is cut or not well-formed, too large, too deep, or has a document type: entities
 * beyond the five of XML do not occur in what firmware sends, and a document that declares some is hostile.
 */
export function readXml(text: string, { bytesMax, depthMax = DEPTH_MAX }: XmlLimits): XmlElement {
  // A character is a byte at least.
  if (text.length > bytesMax) throw new XmlError(`the document has more than ${bytesMax} bytes`)
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new XmlError('the document declares a document type or entities')
  const validity = XMLValidator.validate(text)
  if (validity !== true) throw new XmlError(`the document is cut or not well-formed: ${validity.err.code}`)
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    // Counts from the second level.
    maxNestedTags: depthMax - 1,
  })
  const [root] = elementsOf(parsed(parser, text))
  if (!root) throw new XmlError('the document has no element')
  return root
}

function parsed(parser: XMLParser, text: string): unknown {
  try {
    return parser.parse(text)
  } catch (cause) {
    throw new XmlError(`the document was refused: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause })
  }
}

function elementsOf(nodes: unknown): XmlElement[] {
  if (!Array.isArray(nodes)) return []
  return (nodes as ParsedNode[]).flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== TEXT && key !== ATTRIBUTES)
    if (name === undefined) return []
    const content = node[name]
    return [
      {
        name,
        attributes: (node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>,
        text: textIn(content),
        children: elementsOf(content),
      },
    ]
  })
}

function textIn(nodes: unknown): string {
  if (!Array.isArray(nodes)) return ''
  return (nodes as ParsedNode[]).map((node) => (TEXT in node ? String(node[TEXT]) : '')).join('')
}

/** All elements of that name in the element, wherever they stand, in order; itself too. */
export function elementsNamed(element: XmlElement, name: string): XmlElement[] {
  const own = element.name === name ? [element] : []
  return [...own, ...element.children.flatMap((child) => elementsNamed(child, name))]
}

/** Trimmed text of the first element of that name, wherever it stands; undefined where there is none. */
export function textNamed(element: XmlElement, name: string): string | undefined {
  return elementsNamed(element, name)[0]?.text.trim()
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text as the content of an element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character)
}
