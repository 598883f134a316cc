// record-code.mjs FOLDER EXECUTABLE WORD...: runs an executable, and at its end writes the code cache of each script that
// it compiled into FOLDER. What the run called is in the cache; V8 compiles the rest when it is called.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import vm from 'node:vm'

const [folder = '', executable = '', ...words] = process.argv.slice(2)
/** @type {Map<string, vm.Script>} */
const scripts = new Map()
vm.Script = class extends vm.Script {
  /** @param {string} code @param {vm.ScriptOptions} options */
  constructor(code, options) {
    super(code, options)
    scripts.set(basename(options.filename ?? ''), this)
  }
}
process.on('exit', (code) => {
  if (code !== 0) return
  for (const [name, script] of scripts) writeFileSync(join(folder, name), script.createCachedData())
})
process.argv = [process.execPath, executable, ...words]
createRequire(import.meta.url)(resolve(executable))
