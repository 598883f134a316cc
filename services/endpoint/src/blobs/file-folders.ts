import type { BlobFolder } from './blob-folder.ts'

/** The folders of `files` and `isos`. */
export type FileFolders = Readonly<Record<'files' | 'isos', BlobFolder>>
