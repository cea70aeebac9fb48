import { resolve } from 'node:path'
import type { CliIo } from './io.ts'

/** Which node is meant: `--data`, HEARTH_DATA, or ./data. */
export const dataFolderOf = (flag: string | undefined, io: CliIo): string => {
  const fromEnvironment = io.env['HEARTH_DATA']
  return resolve(io.cwd, flag ?? (fromEnvironment === undefined || fromEnvironment === '' ? 'data' : fromEnvironment))
}
