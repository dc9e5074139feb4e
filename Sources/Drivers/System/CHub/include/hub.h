// The hub's SQL as text in the program: etc/hub/*.sql, in the order in which they are applied.
#ifndef DEPOTD_HUB_H
#define DEPOTD_HUB_H

struct depotd_hub_script {
    const char *name;                // "1-ground"
    const unsigned char *bytes;
    unsigned long count;
};

// All scripts; the first makes version 1 of the hub. The answer lives as long as the program.
const struct depotd_hub_script *depotd_hub_scripts(unsigned long *count);

#endif
