/**
 * Deadlines of tests say "it never comes", not "it comes late": on a machine with a tenth of the speed a promise is still
 * kept. A wait that succeeds is no longer for it. How fast things are is what the benches say.
 */
export const patience = 3
