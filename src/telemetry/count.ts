import { type Happening } from '../model/happenings.ts'

type Of<Kind extends Happening['kind']> = Extract<Happening, { readonly kind: Kind }>
/** Counts one kind of happening. */
export type Count<Kind extends Happening['kind']> = (happening: Of<Kind>) => void
