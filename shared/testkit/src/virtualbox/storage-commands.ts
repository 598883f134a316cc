import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Answer, failure, progress, syntaxError } from './answer.ts'
import { changeable, type FakeCommand, options } from './machine-commands.ts'

export const storageCommands: Readonly<Record<string, FakeCommand>> = {
  storagectl(call) {
    const vm = changeable(call)
    const name = options(call.args.slice(1)).get('--name') ?? ''
    if (vm.controllers.some((controller) => controller.name === name)) {
      throw failure(`Storage controller named '${name}' already exists`, 'VBOX_E_OBJECT_IN_USE')
    }
    vm.controllers.push({ name, disks: {} })
    return new Answer(0, '', '')
  },

  createmedium({ registry, args }) {
    if (args[0] !== 'disk') throw syntaxError(`Invalid parameter '${args[0]}'`)
    const given = options(args.slice(1))
    const path = given.get('--filename') ?? ''
    if (!(Number(given.get('--size')) > 0)) throw syntaxError('Parameters --filename and --size are required')
    if (existsSync(path))
      throw failure(
        `Could not create the medium storage unit '${path}': VERR_ALREADY_EXISTS`,
        'VBOX_E_FILE_ERROR',
        'MediumWrap',
      )
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'disk\n')
    const id = randomUUID()
    registry.media.push({ path, id })
    return new Answer(0, `Medium created. UUID: ${id}\n`, progress)
  },

  storageattach(call) {
    const vm = changeable(call)
    const given = options(call.args.slice(1))
    const controller = vm.controllers.find(({ name }) => name === given.get('--storagectl'))
    const medium = call.registry.media.find(({ path }) => path === given.get('--medium'))
    if (!controller) throw failure('Could not find a storage controller of that name', 'VBOX_E_OBJECT_NOT_FOUND')
    if (!medium)
      throw failure(
        `Could not find file for the medium '${given.get('--medium')}' (VERR_FILE_NOT_FOUND)`,
        'VBOX_E_FILE_ERROR',
        'MediumWrap',
      )
    controller.disks[`${given.get('--port')}-${given.get('--device')}`] = medium
    return new Answer(0, '', '')
  },

  closemedium({ registry, args }) {
    const medium = registry.media.find(({ path }) => path === args[1])
    if (!medium)
      throw failure(
        `Could not find an open hard disk with location '${args[1]}'`,
        'VBOX_E_OBJECT_NOT_FOUND',
        'VirtualBoxWrap',
      )
    registry.media.splice(registry.media.indexOf(medium), 1)
    if (args.includes('--delete')) rmSync(medium.path, { force: true })
    return new Answer(0, '', progress)
  },
}
