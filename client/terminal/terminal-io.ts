import type { Readable } from 'node:stream'
import type { ScreenOutput } from './screen.ts'

/** `process`, or what a test gives instead. */
export interface ChatIo {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined; setRawMode?(raw: boolean): unknown }
  readonly stdout: ScreenOutput & {
    readonly isTTY?: boolean | undefined
    /** `error`: the terminal window was closed, or `head` has read enough. */
    on(event: 'resize' | 'error', listener: () => void): unknown
    off(event: 'resize' | 'error', listener: () => void): unknown
  }
  readonly stderr: { write(text: string): unknown }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** All of stdin, without the last line feed. */
export const readAll = async ({ stdin }: ChatIo): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
