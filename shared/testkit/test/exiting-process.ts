// Starts a program, prints its process id, and exits without calling endScope.
import { openScope, startProcess } from '@powerbus/testkit'

const child = await startProcess(openScope(), 'sleep', ['600'])
console.log(child.pid)
process.exit(0)
