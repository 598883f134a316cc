import { readFileSync } from 'node:fs'
import type { TlsOptions } from '@powerbus/bmc-drivers'
import type { Command } from 'commander'
import { UsageError } from './cli-error.ts'

export interface TlsWishes {
  readonly tlsVerify?: true
  readonly caFile?: string
  readonly fingerprint?: string
}

/** How the certificate of a BMC is checked, in modes that use TLS. */
export function addTlsOptions(command: Command): void {
  command
    .option('--tls-verify', "check the BMC's certificate (default: no, since most have one that nobody signed)")
    .option('--ca-file <file>', 'PEM file with the certificates that sign it; implies --tls-verify')
    .option('--fingerprint <sha256>', 'the only certificate to accept, by its SHA-256 fingerprint')
}

/** Throws a UsageError for a file that cannot be read. */
export function tlsOptionsOf({ tlsVerify, caFile, fingerprint }: TlsWishes): TlsOptions {
  return {
    verify: tlsVerify === true || caFile !== undefined,
    ...(caFile !== undefined && { ca: readText(caFile) }),
    ...(fingerprint !== undefined && { fingerprint }),
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
