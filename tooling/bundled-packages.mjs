// The packages in a bundle: all that esbuild's metafile lists, nested copies and other versions too, with their licences.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Licences that ask for no more than their text in the distribution. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense']

/** Licence and copyright files of a package, and the NOTICE that Apache-2.0 §4(d) asks for. */
const legalFile = /^(?:licen[cs]e|copying|copyright|notice|unlicense)/i
const noticeFile = /^(?:copyright|notice)/i

/** Texts for packages that have none, by `NAME@VERSION.txt`, with `+` for the slash of a scope. */
const supplements = join(import.meta.dirname, 'licences')

/**
 * @typedef {object} BundledPackage
 * @property {string} name
 * @property {string} version
 * @property {string} licence SPDX expression
 * @property {string} texts licence text and notices
 */

/** Folders of the packages with a file in an output. @param {import('esbuild').Metafile} metafile @param {string} cwd */
export function packageFolders(metafile, cwd) {
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const folders = files.flatMap((file) => {
    const [folder] = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []
    return folder === undefined ? [] : [resolve(cwd, folder)]
  })
  return [...new Set(folders)]
}

/**
 * Sorted by name and version, each once. Throws an Error that names every package without a licence text, and every
 * package with a licence that is not permissive.
 * @param {import('esbuild').Metafile} metafile @param {string} cwd
 * @returns {BundledPackage[]}
 */
export function bundledPackages(metafile, cwd) {
  const problems = /** @type {string[]} */ ([])
  const packages = new Map(
    packageFolders(metafile, cwd).map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const { name, version } = manifest
      const licence = licenceOf(manifest)
      const texts = legalTexts(folder, `${name}@${version}`)
      if (!isPermissive(licence)) problems.push(`${name}@${version} in ${folder}: licence ${licence} is not permissive`)
      if (texts === undefined) problems.push(`${name}@${version} in ${folder}: no file has its licence text`)
      return [`${name}@${version}`, { name, version, licence, texts: texts ?? '' }]
    }),
  )
  if (problems.length > 0) throw new Error(`packages that cannot be bundled:\n  ${problems.join('\n  ')}`)
  return Array.from(packages, ([, found]) => found).sort(byName)
}

/**
 * SPDX expression of a package.json; `none` where it has none. Old packages have a list, of which the user chooses.
 * @param {{ license?: unknown, licenses?: readonly { type?: unknown }[] }} manifest
 */
function licenceOf({ license, licenses = [] }) {
  if (typeof license === 'string') return license
  const types = licenses.flatMap(({ type }) => (typeof type === 'string' ? [type] : []))
  return types.length > 0 ? types.join(' OR ') : 'none'
}

/** Whether an SPDX expression of AND and OR can be met by permissive licences. @param {string} expression */
export function isPermissive(expression) {
  const meets = (/** @type {string} */ part) => part.split(' AND ').every((id) => PERMISSIVE.includes(id.trim()))
  const nested = /\(([^()]*)\)/
  let left = expression
  for (let found = nested.exec(left); found; found = nested.exec(left)) {
    left = left.replace(found[0], isPermissive(found[1] ?? '') ? 'MIT' : 'none')
  }
  return left.split(' OR ').some(meets)
}

/** Undefined where there is a notice at most. @param {string} folder @param {string} id */
function legalTexts(folder, id) {
  const supplement = join(supplements, `${id.replace('/', '+')}.txt`)
  if (existsSync(supplement)) return readFileSync(supplement, 'utf8').trim()
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && legalFile.test(entry.name))
    .map(({ name }) => name)
    .sort()
  const texts = names.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8').trim() }))
  if (!texts.some(({ name, text }) => !noticeFile.test(name) && text !== '')) return undefined
  return texts.map(({ text }) => text).join('\n\n')
}

/** @param {BundledPackage} left @param {BundledPackage} right */
function byName(left, right) {
  const [a, b] = [`${left.name} ${left.version}`, `${right.name} ${right.version}`]
  return a < b ? -1 : a > b ? 1 : 0
}
