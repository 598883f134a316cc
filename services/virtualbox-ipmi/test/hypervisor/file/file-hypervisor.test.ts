import { join } from 'node:path'
import { tempFolder } from '@powerbus/testkit'
import { openFileHypervisor } from '../../../src/hypervisor/file/file-hypervisor.ts'
import { hypervisorConformance } from '../conformance.ts'

const times = { createMs: 20, startMs: 30, stopMs: 30, shutdownMs: 50, snapshotMs: 10, cloneMs: 20, destroyMs: 10 }

hypervisorConformance('files', {
  prepare: (scope) => {
    const folder = join(tempFolder(scope), 'vms')
    return () => openFileHypervisor({ folder, times })
  },
  hasGuest: true,
})
