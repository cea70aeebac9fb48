import type { Progress } from '../admin/components.ts'
import type { CliIo } from './io.ts'

const redrawMs = 100

/** One line on a terminal's stderr that is drawn over; nothing where nobody looks. */
export const progressLine = (io: CliIo): { show(progress: Progress): void; clear(): void } => {
  let drawnAt = 0
  let drawn = false
  return {
    show: (progress) => {
      const now = performance.now()
      if (io.stderr.isTTY !== true || now - drawnAt < redrawMs) return
      drawnAt = now
      drawn = true
      const part = progress.total === undefined || progress.total === 0 ? undefined : progress.done / progress.total
      const text = part === undefined ? String(progress.done) : `${Math.floor(part * 100)} %`
      io.stderr.write(`\r\u001B[K${progress.text} ${text}`)
    },
    clear: () => {
      if (drawn) io.stderr.write('\r\u001B[K')
      drawn = false
    },
  }
}
