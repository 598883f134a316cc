import { defineParam, type Param } from '@powerbus/plugin-sdk'
import { icons, look } from './param-look.ts'

/** A stage keeps its fixed Tasks; this list, which a task of the stage reads, leaves some out and adds others. */
const list = (stage: string, tasks: readonly string[]) =>
  defineParam({
    name: `ipmi/${stage}-tasks`,
    description: `Tasks of the stage ipmi-${stage}`,
    documentation: `The stage itself always has ${tasks.join(', ')}. One of these that the list leaves out does nothing. Other tasks that the list names run after them, in the order of the list.`,
    schema: { type: 'array', items: { type: 'string' }, default: tasks },
    meta: look(icons.server),
  })
const flag = (name: string, description: string, documentation: string) =>
  defineParam({
    name,
    description,
    documentation,
    schema: { type: 'boolean', default: false },
    meta: look(icons.server),
  })

/** Params of the stages and tasks that Digital Rebar's ipmi content has had since 4.8. */
export const stageParams: readonly Param[] = [
  list('configure', ['ipmi-configure', 'ipmi-run-commands']),
  list('inventory', ['ipmi-inventory']),
  list('install-cert', ['ipmi-install-cert-or-key']),
  list('reset-to-factory', ['ipmi-reset-to-factory']),
  flag(
    'ipmi/configure/reset-to-factory',
    'Let the task ipmi-reset-to-factory reset the BMC to its factory settings',
    'All users, addresses and certificates of the BMC are lost, ipmi/username and ipmi/password among them.',
  ),
  flag(
    'ipmi/configure/reset-to-factory-complete',
    'The BMC was reset to its factory settings',
    'The task sets it before it resets the BMC, and does nothing while it is true. Remove it to allow another reset.',
  ),
  flag(
    'ipmi/configure/reset-users-to-vendor',
    'Forget the user of the BMC after a reset to factory settings',
    'The task then removes ipmi/username and ipmi/password, which the BMC no longer knows.',
  ),
  defineParam({
    name: 'ipmi/license',
    description: 'Licence of the BMC',
    documentation: "Written by the task ipmi-record-license, in the words of the vendor's tool.",
    schema: { type: 'string' },
    meta: look(icons.card),
  }),
  defineParam({
    name: 'ipmi/bootorder',
    description: 'What the machine boots from first, always',
    documentation: 'The task ipmi-set-bootorder sets it at the BMC, and does nothing while it is not set.',
    schema: { type: 'string', enum: ['pxe', 'disk', 'cdrom', 'bios', 'none'] },
    meta: look('hdd'),
  }),
]
