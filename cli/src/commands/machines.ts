import type { Command } from 'commander'
import type { Output } from '../output.ts'
import { machinesAddCommand } from './machines-add.ts'
import { machinesImportCommand } from './machines-import.ts'
import { machinesListCommand } from './machines-list.ts'
import { machinesRemoveCommand } from './machines-remove.ts'

export function machinesCommand(machines: Command, output: Output): void {
  machinesListCommand(machines, output)
  machinesAddCommand(machines, output)
  machinesImportCommand(machines, output)
  machinesRemoveCommand(machines, output)
}
