import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { type ListingOptions, listingOptions, printList, printOne } from '../listing.ts'
import type { Output } from '../output.ts'
import { findObject } from './find-object.ts'
import type { ObjectKind } from './object-kind.ts'

export interface RemoveOptions {
  readonly yes?: true
}

/** Adds `list`, which is the default and can take a part of a name, and `show`. */
export function listAndShow(command: Command, kind: ObjectKind, output: Output): void {
  const { prefix, one, listing } = kind
  const list = command.command('list', { isDefault: true }).description(`list the ${kind.command}`)
  listingOptions(list.argument('[text]', 'only names that contain it')).action(
    async (text: string | undefined, options: ListingOptions) => {
      const found = await withEndpoint((drp) => drp.objects(prefix).list())
      const chosen = found.filter((item) => listing.name(item).includes(text ?? ''))
      chosen.sort((a, b) => listing.name(a).localeCompare(listing.name(b)))
      await printList(output, chosen, listing, options)
    },
  )
  const show = command.command('show').description(`show one ${one}; secrets stay sealed`).argument(`<${one}>`)
  listingOptions(show).action(async (name: string, options: ListingOptions) => {
    await printOne(output, await withEndpoint((drp) => findObject(drp, kind, name)), listing, options)
  })
}

/** Adds `remove`, which asks first. */
export function removable(command: Command, kind: ObjectKind, consequence: string, output: Output): void {
  command
    .command('remove')
    .description(`remove a ${kind.one}; ${consequence}`)
    .argument(`<${kind.one}>`)
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, { yes }: RemoveOptions) => {
      await withEndpoint(async (drp) => {
        await findObject(drp, kind, name)
        if (!yes) await confirm(`remove the ${kind.one} ${name}?`)
        await drp.objects(kind.prefix).remove(name)
        output.line(`removed ${name}`)
      })
    })
}
