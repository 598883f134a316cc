import type { Command } from 'commander'
import type { Output } from '../output.ts'
import { machinesAddCommand } from './machines-add.ts'
import { machinesImportCommand } from './machines-import.ts'
import { machinesListCommand } from './machines-list.ts'
import { machinesRemoveCommand } from './machines-remove.ts'
import { machinesSetCommand } from './machines-set.ts'
import { machinesShowCommand } from './machines-show.ts'

export function machinesCommand(machines: Command, output: Output): void {
  machinesListCommand(machines, output)
  machinesShowCommand(machines, output)
  machinesAddCommand(machines, output)
  machinesSetCommand(machines, output)
  machinesImportCommand(machines, output)
  machinesRemoveCommand(machines, output)
}
