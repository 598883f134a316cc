// What goes with an executable: dist/legal/NAME.txt and dist/sbom/NAME.cdx.json, not in the folder of the executables,
// since an endpoint takes every file there for a plugin. Both come from the bundler's list: `npm sbom` lists what is
// installed for a room, which is more than what is bundled, and puts a time and a random number into each file.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const LICENCE = 'Apache-2.0'

/** @typedef {import('./bundled-packages.mjs').BundledPackage} BundledPackage */

/**
 * @typedef {object} Bundled
 * @property {string} version
 * @property {readonly BundledPackage[]} packages
 * @property {readonly string[]} legalComments `@license` comments of single files
 */

/**
 * Writes both lists below `folder`.
 * @param {string} folder @param {string} name of the executable @param {Bundled} bundled
 */
export function writeBundleLists(folder, name, bundled) {
  mkdirSync(join(folder, 'legal'), { recursive: true })
  mkdirSync(join(folder, 'sbom'), { recursive: true })
  writeFileSync(join(folder, 'legal', `${name}.txt`), legalText(name, bundled))
  writeFileSync(join(folder, 'sbom', `${name}.cdx.json`), `${JSON.stringify(sbom(name, bundled), null, 2)}\n`)
}

/** @param {string} name @param {Bundled} bundled */
function legalText(name, { version, packages, legalComments }) {
  const own = readFileSync(join(root, 'LICENSE'), 'utf8').trim()
  const head = `${name} ${version} of Powerbus, with the packages that its executable contains: ${packages.length}`
  const texts = packages.map(({ name, version, licence, texts }) => entry(`${name} ${version}`, licence, texts))
  const comments = legalComments.map((text) => entry('Licence comments of single files', 'as they say', text))
  return [head, entry(`Powerbus ${version}`, LICENCE, own), ...texts, ...comments].join('\n\n')
}

/** @param {string} title @param {string} licence @param {string} text */
function entry(title, licence, text) {
  return `${'='.repeat(80)}\n${title}\nLicence: ${licence}\n\n${text}\n`
}

/**
 * CycloneDX 1.5 without time and serial number: the same build writes the same bytes.
 * @param {string} name @param {Bundled} bundled
 */
function sbom(name, { version, packages }) {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': `powerbus/${name}@${version}`, name, version, ...licences(LICENCE) },
    },
    components: packages.map(({ name: full, version, licence }) => {
      const [name = '', group] = full.split('/').reverse()
      const purl = `pkg:npm/${full.replace('@', '%40')}@${version}`
      return { type: 'library', 'bom-ref': purl, ...(group && { group }), name, version, ...licences(licence), purl }
    }),
  }
}

/** @param {string} licence */
function licences(licence) {
  return { licenses: [licence.includes(' ') ? { expression: licence } : { license: { id: licence } }] }
}
