"""Work stations before and after inspection: rows of a shop, and the two engines that move phones through one."""
