// Takes the hub's SQL into the program with #embed; the compiler records the files as dependencies.
#include "hub.h"
#pragma clang diagnostic ignored "-Wc23-extensions"   // #embed is C23; clang has it in every mode

static const unsigned char ground[] = {
#embed "../../../../etc/hub/1-ground.sql"
};
static const unsigned char push[] = {
#embed "../../../../etc/hub/2-push.sql"
};
static const unsigned char office[] = {
#embed "../../../../etc/hub/3-office.sql"
};
static const unsigned char postgis[] = {
#embed "../../../../etc/hub/4-postgis.sql"
};

static const unsigned char pull[] = {
#embed "../../../../etc/hub/5-pull.sql"
};
static const unsigned char pictures[] = {
#embed "../../../../etc/hub/6-pictures.sql"
};
static const unsigned char backfill[] = {
#embed "../../../../etc/hub/7-backfill.sql"
};
static const unsigned char merge[] = {
#embed "../../../../etc/hub/8-merge.sql"
};
static const unsigned char telling[] = {
#embed "../../../../etc/hub/9-telling.sql"
};
static const unsigned char usage[] = {
#embed "../../../../etc/hub/10-usage.sql"
};

static const struct depotd_hub_script scripts[] = {
    {"1-ground", ground, sizeof ground},
    {"2-push", push, sizeof push},
    {"3-office", office, sizeof office},
    {"4-postgis", postgis, sizeof postgis},
    {"5-pull", pull, sizeof pull},
    {"6-pictures", pictures, sizeof pictures},
    {"7-backfill", backfill, sizeof backfill},
    {"8-merge", merge, sizeof merge},
    {"9-telling", telling, sizeof telling},
    {"10-usage", usage, sizeof usage},
};

const struct depotd_hub_script *depotd_hub_scripts(unsigned long *count) {
    *count = sizeof scripts / sizeof scripts[0];
    return scripts;
}
